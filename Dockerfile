FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -tags nomsgpack -ldflags "-s -w -X ledgersheet/internal/version.Version=${VERSION}" -o /ledgersheet ./cmd/ledgersheet \
 && mkdir /data /empty

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /ledgersheet /ledgersheet
COPY --from=build --chown=65532:65532 /data /data
COPY --from=build --chown=65532:65532 /empty /tmp
USER 65532:65532
ENV LEDGERSHEET_ADDR=0.0.0.0:8080 LEDGERSHEET_DATA_DIR=/data GOMEMLIMIT=400MiB
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/ledgersheet", "healthcheck"]
ENTRYPOINT ["/ledgersheet"]
CMD ["serve"]
