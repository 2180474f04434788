# py-spy in an image of its own, for `stackduel profile --launcher docker`: it runs beside a server's container, in which
# nothing is installed. The runner packs exactly the file below into the build context.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}

COPY requirements/profile.txt /tmp/requirements.txt
RUN grep '^py-spy' /tmp/requirements.txt > /tmp/py-spy.txt && \
    pip install --no-cache-dir --disable-pip-version-check -r /tmp/py-spy.txt && rm /tmp/requirements.txt /tmp/py-spy.txt

ENTRYPOINT ["py-spy"]
