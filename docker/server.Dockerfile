# One recipe for every stack: an image exists to run one of them. It holds that stack's packages and servers/,
# nothing else. The context is the checkout; .dockerignore says what of it a build may see.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0
WORKDIR /srv/stackduel

# The one slow step; all stacks of a framework share it.
ARG REQUIREMENTS
COPY servers/requirements/${REQUIREMENTS}.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements.txt && rm /tmp/requirements.txt

# Compiled now, because the running container's file system is read-only.
COPY servers/ servers/
RUN find servers/requirements -type f ! -name "${REQUIREMENTS}.txt" -delete && python -m compileall -q servers

USER 10001:10001
ARG STACK
ENV STACK=${STACK}
CMD ["python", "-m", "servers.serve"]
