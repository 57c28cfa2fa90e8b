# docker build --build-arg BUILD_COMMIT_OF_HOOPOE=$(git rev-parse --short=12 HEAD) -t hoopoe .
# docker run -p 8080:8080 -v hoopoe:/data hoopoe        (the set-up link is in its output)
FROM docker.io/library/node:24-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web .
RUN npm run build

FROM docker.io/library/rust:1-bookworm AS server
WORKDIR /src
ARG BUILD_COMMIT_OF_HOOPOE=unknown
ENV BUILD_COMMIT_OF_HOOPOE=$BUILD_COMMIT_OF_HOOPOE
COPY . .
COPY --from=web /src/web/dist web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin hoopoe && cp target/release/hoopoe /hoopoe

FROM docker.io/library/debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --create-home hoopoe
COPY --from=server /hoopoe /usr/local/bin/hoopoe
USER hoopoe
WORKDIR /data
VOLUME /data
ENV HOOPOE_DATA_DIR=/data HOOPOE_SERVER__LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["hoopoe"]
CMD ["serve"]
