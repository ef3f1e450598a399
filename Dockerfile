# Everything that encoding needs, and nothing else: docker build -t dfe . && docker run --rm --network none -v "$PWD:/data" dfe encode interview.mp4 -o out
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE THIRD_PARTY.md constraints.txt ./
COPY src ./src
RUN python -m venv /opt/dfe && /opt/dfe/bin/pip install --no-cache-dir -c constraints.txt '.[pandas,study,plot]'

FROM python:3.13-slim
COPY --from=build /opt/dfe /opt/dfe
ENV PATH=/opt/dfe/bin:$PATH
# Results belong to whoever owns the mounted folder: docker run --user "$(id -u):$(id -g)" ...
RUN useradd --create-home researcher
USER researcher
WORKDIR /data
ENTRYPOINT ["dfe"]
CMD ["--help"]
