FROM python:3.13-slim
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap git && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/metabuilder
COPY locks locks
RUN pip install --no-cache-dir --require-hashes -r locks/uv.txt && uv pip sync --system --require-hashes locks/all.txt
COPY . .
RUN uv pip install --system --no-deps --no-build-isolation -e .
ENV PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=metabuilder.settings.base
EXPOSE 8000
CMD ["gunicorn", "metabuilder.wsgi", "--bind", "0.0.0.0:8000"]
