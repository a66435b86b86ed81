package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

const staticPrefix = "/static/"

// static serves files under addresses that contain a hash of their content, so that browsers may cache them forever.
type static struct {
	addresses map[string]string // name → address
	files     map[string]asset  // hashed name → content
}

type asset struct {
	name    string
	content []byte
}

func newStatic(files fs.FS) (*static, error) {
	s := &static{addresses: map[string]string{}, files: map[string]asset{}}
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		name = strings.TrimPrefix(name, "static/")
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		s.addresses[name] = staticPrefix + hashed
		s.files[hashed] = asset{name, content}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading static files: %w", err)
	}
	return s, nil
}

// address returns a file's current address. An unknown name is a mistake in a template; a test catches it.
func (s *static) address(name string) (string, error) {
	a, ok := s.addresses[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return a, nil
}

func (s *static) serve(c *gin.Context) bool {
	f, ok := s.files[strings.TrimPrefix(c.Param("name"), "/")]
	if !ok {
		return false
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(c.Writer, c.Request, f.name, time.Time{}, bytes.NewReader(f.content))
	return true
}
