# The hotline as a container. Build and start: `docker compose up --build` (compose.yaml beside this file).
FROM python:3.11-slim

# The version of make does not matter, and a pin would break with every point release of Debian.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/hotline --create-home hotline

WORKDIR /opt/hotline
# First what seldom changes: the libraries stay in the image's cache when only the code is new.
COPY Makefile pyproject.toml README.md ./
COPY requirements requirements
COPY app app
COPY bot bot
COPY core core
COPY plan_data plan_data
COPY scheduler scheduler
COPY services services
COPY storage storage
RUN make setup

ENV HOTLINE_DATA_DIR=/var/lib/hotline \
    HOTLINE_HTTP_HOST=0.0.0.0 \
    HOTLINE_LOG_FORMAT=json
USER 10001
VOLUME /var/lib/hotline
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD \
    [".venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
# SIGTERM ends it: what is being sent is waited for.
CMD [".venv/bin/hotline", "run"]
