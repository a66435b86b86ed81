package api

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"

	"ledgersheet/internal/control"
)

//go:embed openapi.yaml
var openapi string

// buildDescription returns the API's description as JSON, with the program's version filled in.
func buildDescription(version string) []byte {
	if version == "" {
		version = "dev"
	}
	document, err := yaml.YAMLToJSON([]byte(strings.Replace(openapi, "{{version}}", version, 1)))
	if err != nil {
		panic(fmt.Sprintf("reading the embedded openapi.yaml: %v", err))
	}
	return document
}

func (s *server) describe(c *gin.Context, _ *control.Desk) error {
	c.Data(http.StatusOK, "application/json; charset=utf-8", s.document)
	return nil
}
