# The load generator for --generator container: only its worker, the null server and their imports. The runner packs
# exactly those files into the build context.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /srv/stackduel

COPY docker/generator.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --compile -r /tmp/requirements.txt && rm /tmp/requirements.txt

COPY benchmarks/stackduel/ stackduel/
COPY servers/stackduel_servers/ stackduel_servers/
RUN python -m compileall -q stackduel stackduel_servers

USER 10001:10001
CMD ["python", "-m", "stackduel.load.shards.worker"]
