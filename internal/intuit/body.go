package intuit

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

var errTooLarge = errors.New("the answer is too large")

// readAnswer reads an answer's body whole, unpacks it and closes it.
func readAnswer(answer *http.Response) ([]byte, error) {
	defer answer.Body.Close()
	b, err := readAll(answer.Body, answer.ContentLength)
	if err == nil && strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip") {
		b, err = unpack(b)
	}
	if err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	return b, nil
}

// mostPacked is how many times smaller gzip can make something.
const mostPacked = 1032

// unpack undoes gzip. The packed bytes end with the size that they had, so that room is made once.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 { // as answers to which a body is not due
		return packed, nil
	}
	in, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint32(packed[len(packed)-4:]))
	return readAll(in, min(size, mostPacked*int64(len(packed))))
}

// readAll reads up to maxBody bytes. size says how many there should be; it need not be right, and less than 0 stands
// for unknown.
func readAll(in io.Reader, size int64) ([]byte, error) {
	b := make([]byte, 0, max(512, min(size, maxBody)+1)) // the last read needs room to find that there is no more
	for {
		n, err := in.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > maxBody:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, err
		}
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
	}
}
