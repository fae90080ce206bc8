# One image for every service of Penstock: Debian's Python 3.11, the locked venv, the code.
# `make pin-images` replaces the tag by a digest.
ARG BASE=debian:bookworm-slim
FROM ${BASE} AS python
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/*

FROM python AS venv
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && python3 -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir uv==0.13.9
ENV PATH=/opt/uv/bin:$PATH \
    VIRTUAL_ENV=/opt/venv \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_SYSTEM_CERTS=1
RUN uv venv --python /usr/bin/python3.11 /opt/venv
COPY requirements.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/uv uv pip install --require-hashes --requirement /tmp/requirements.txt
# Editable: the code is a later layer, so that an edit of it rebuilds in seconds.
WORKDIR /opt/penstock
COPY pyproject.toml ./
RUN --mount=type=cache,target=/root/.cache/uv mkdir include && uv pip install --no-deps --editable .

FROM python
RUN groupadd --gid 10001 penstock \
    && useradd --uid 10001 --gid penstock --home-dir /var/lib/penstock --no-create-home penstock \
    && install --directory --owner penstock --group penstock /var/lib/penstock
COPY --from=venv /opt/venv /opt/venv
COPY --from=venv /opt/penstock /opt/penstock
WORKDIR /opt/penstock
COPY . ./
ENV PATH=/opt/venv/bin:$PATH \
    PENSTOCK_HOME=/var/lib/penstock
RUN python -m compileall -q include dags plugins
USER penstock
VOLUME /var/lib/penstock
CMD ["penstock", "--help"]
