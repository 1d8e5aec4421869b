# medley in a container, in two stages: one builds, one runs.
#   docker build -t medley .
#   docker run --rm -v "$PWD:/data" -w /data medley caption demo picture.png
FROM debian:12-slim AS build
COPY . /medley
RUN apt-get update && /medley/medley --version && cmake --install /medley/build/cpu --prefix /opt/medley --strip

FROM debian:12-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends libjpeg62-turbo libpng16-16 libgif7 libwebp7 libwebpdemux2 libtiff6 libavif15 libutf8proc2 libxxhash0 zlib1g libzstd1 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/medley /usr/local
ENTRYPOINT ["medley"]
