# Chappe in a container: `docker build -t chappe .`. It runs as a user without rights; what it keeps is in /var/lib/chappe.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /opt/chappe && /opt/chappe/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY engine ./engine
COPY connectors ./connectors
COPY mappings ./mappings
COPY api ./api
COPY sandbox ./sandbox
COPY alembic ./alembic
# The tool that builds the package is named in pyproject.toml; what the package needs is there, locked.
RUN /opt/chappe/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/chappe chappe
COPY --from=build /opt/chappe /opt/chappe
ENV PATH=/opt/chappe/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    CHAPPE_DATA_DIR=/var/lib/chappe \
    CHAPPE_HOST=0.0.0.0 \
    CHAPPE_LOG_FORMAT=json
USER 10001
WORKDIR /var/lib/chappe
VOLUME /var/lib/chappe
EXPOSE 8080
# A send that is under way has 17 seconds to end, and all must have ended within 20.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('CHAPPE_METRICS_PORT', '8080') + '/ready', timeout=4)"]
ENTRYPOINT ["chappe"]
CMD ["up"]
