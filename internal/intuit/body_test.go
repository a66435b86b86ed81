package intuit

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func zip(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func answerOf(body []byte, encoding string, length int64) *http.Response {
	h := http.Header{}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	return &http.Response{Header: h, ContentLength: length, Body: io.NopCloser(bytes.NewReader(body))}
}

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("an answer ", 10_000))
	packed := zip(t, text)
	lying := bytes.Clone(packed)
	binary.LittleEndian.PutUint32(lying[len(lying)-4:], 1<<31)
	many := append(zip(t, text[:10]), packed...)
	for _, c := range []struct {
		name string
		in   *http.Response
		want []byte
		bad  bool
	}{
		{"plain", answerOf(text, "", -1), text, false},
		{"plain of known length", answerOf(text, "", int64(len(text))), text, false},
		{"longer than its length", answerOf(text, "", 10), text, false},
		{"none", answerOf(nil, "", 0), []byte{}, false},
		{"packed", answerOf(packed, "gzip", int64(len(packed))), text, false},
		{"packed, of unknown length", answerOf(packed, "GZIP", -1), text, false},
		{"packed in several members", answerOf(many, "gzip", -1), append(text[:10:10], text...), false},
		{"packed nothing", answerOf(zip(t, nil), "gzip", -1), []byte{}, false},
		{"nothing, said to be packed", answerOf(nil, "gzip", 0), []byte{}, false},
		{"cut", answerOf(packed[:len(packed)/2], "gzip", -1), nil, true},
		{"not packed", answerOf(text, "gzip", -1), nil, true},
		{"wrong about its size", answerOf(lying, "gzip", -1), nil, true},
	} {
		got, err := readAnswer(c.in)
		if (err != nil) != c.bad || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %d bytes, %v", c.name, len(got), err)
		}
	}
}

// TestReadAnswerIsBounded reads more than is allowed, of which little has to be sent if it is packed.
func TestReadAnswerIsBounded(t *testing.T) {
	t.Parallel()
	large := make([]byte, maxBody+1)
	for name, in := range map[string]*http.Response{
		"plain": answerOf(large, "", -1), "packed": answerOf(zip(t, large), "gzip", -1),
	} {
		if _, err := readAnswer(in); !errors.Is(err, errTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]*http.Response{
		"plain": answerOf(large[1:], "", -1), "packed": answerOf(zip(t, large[1:]), "gzip", -1),
	} {
		if b, err := readAnswer(in); err != nil || len(b) != maxBody {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}
