package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/problem"
)

// maxBody limits a request's body. The largest sensible exporter has a few kilobytes.
const maxBody = 1 << 20

// readObject reads the request's body, which must be one JSON object. Numbers are kept as text.
func readObject(c *gin.Context, types ...string) (map[string]any, error) {
	raw, err := readBody(c, types)
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, problem.New(problem.BadRequest, "The request has no body.")
	}
	return parseObject(raw)
}

// readNothing reads the body of a call that takes none. An empty object is accepted too.
func readNothing(c *gin.Context) error {
	raw, err := readBody(c, nil)
	if err != nil || len(raw) == 0 {
		return err
	}
	members, err := parseObject(raw)
	if err != nil {
		return err
	}
	var bad problem.Collect
	newObject("", members, &bad).refuseUnknown()
	return bad.Err()
}

func readBody(c *gin.Context, types []string) ([]byte, error) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, problem.Wrap(err, problem.TooLarge, "The body is larger than 1 MB.").
			WithHint("Nothing was changed. No body of this API is that large.")
	}
	if err != nil {
		return nil, problem.Wrap(err, problem.BadRequest, "The body could not be read to its end.")
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, nil
	}
	if err := checkType(c.GetHeader("Content-Type"), types); err != nil {
		return nil, err
	}
	return raw, nil
}

// checkType accepts JSON, the additional types of the call, and bodies without a Content-Type.
func checkType(header string, further []string) error {
	if header == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(header)
	if err != nil {
		return problem.Wrap(err, problem.BadRequest, "The Content-Type cannot be read.").
			WithHint("Send Content-Type: application/json.")
	}
	for _, ok := range append(further, "application/json") {
		if media == ok {
			return nil
		}
	}
	return problem.New(problem.BadRequest, "The Content-Type %s is not understood.", media).
		WithHint("Send a JSON body with Content-Type: application/json.")
}

func parseObject(raw []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, problem.Wrap(err, problem.BadRequest, "The body is no valid JSON%s.", describePosition(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, problem.New(problem.BadRequest, "The body has something after its JSON object.")
	}
	members, ok := v.(map[string]any)
	if !ok {
		return nil, problem.New(problem.BadRequest, "The body must be a JSON object.")
	}
	return members, nil
}

// describePosition says where a body stops being valid JSON.
func describePosition(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf(" (byte %d)", syntax.Offset)
	}
	return ""
}
