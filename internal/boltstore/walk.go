package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// walk reads every page in use of a bbolt file and checks that the file is whole: each page is what it says, is used
// once, and holds its keys in order where a search would look for them. bbolt has a check of its own, but reads through
// a memory map: a page number that leads out of the file, or in a circle, ends the process. This one reads with plain
// calls and can only return an error.
//
// The layout is bbolt's: a page begins with its number (8 bytes), flags and count (2 each) and the number of further
// pages (4); elements of 16 bytes follow, with offsets from their own beginning.
type walk struct {
	r    io.ReaderAt
	head header
	used []bool // by page number
	// row is called with each key of each bucket that lies directly in the file.
	row func(bucket, key string, value []byte) error
}

const (
	pageHeader  = 16
	element     = 16
	branchPage  = 0x01
	leafPage    = 0x02
	freePage    = 0x10
	bucketFlag  = 0x01
	noFreelist  = ^uint64(0)
	manyElement = 0xFFFF // a free list so long that its count stands in its first element
)

// run walks the whole file.
func (w *walk) run() error {
	if w.head.pageSize < 512 || w.head.pageSize > 1<<20 || w.head.pages < 2 {
		return errors.New("its header makes no sense")
	}
	w.used = make([]bool, w.head.pages)
	w.used[0], w.used[1] = true, true
	if err := w.tree(w.head.root, "", nil, nil); err != nil {
		return err
	}
	return w.freelist()
}

// page reads a page with those that continue it, and marks them as used.
func (w *walk) page(id uint64) (data []byte, err error) {
	if id < 2 || id >= w.head.pages {
		return nil, fmt.Errorf("page %d is outside of the file", id)
	}
	size := int64(w.head.pageSize)
	data = make([]byte, size)
	if _, err := w.r.ReadAt(data, int64(id)*size); err != nil {
		return nil, fmt.Errorf("reading page %d: %w", id, err)
	}
	more := uint64(binary.NativeEndian.Uint32(data[12:]))
	if binary.NativeEndian.Uint64(data) != id || id+more >= w.head.pages {
		return nil, fmt.Errorf("page %d is not itself", id)
	}
	for n := id; n <= id+more; n++ {
		if w.used[n] {
			return nil, fmt.Errorf("page %d is used twice", n)
		}
		w.used[n] = true
	}
	if more > 0 {
		first := data
		data = make([]byte, int64(1+more)*size)
		copy(data, first)
		if _, err := w.r.ReadAt(data[size:], int64(id+1)*size); err != nil {
			return nil, fmt.Errorf("reading page %d: %w", id+1, err)
		}
	}
	return data, nil
}

// tree walks the page and those below it. All keys lie from least, unless nil, up to but not including below, unless
// nil. bucket is empty for the root, whose values are buckets.
func (w *walk) tree(id uint64, bucket string, least, below []byte) error {
	data, err := w.page(id)
	if err != nil {
		return err
	}
	if err := w.elements(data, bucket, least, below); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

func (w *walk) elements(data []byte, bucket string, least, below []byte) error {
	flags, count := binary.NativeEndian.Uint16(data[8:]), int(binary.NativeEndian.Uint16(data[10:]))
	if flags != branchPage && flags != leafPage {
		return fmt.Errorf("it is of an unknown kind (%x)", flags)
	}
	if len(data) < pageHeader+count*element {
		return errors.New("it holds more than fits")
	}
	var last []byte
	for i := range count {
		from := pageHeader + i*element
		key, value, child, err := splitElement(data, from, flags)
		if err != nil {
			return err
		}
		if last != nil && bytes.Compare(key, last) <= 0 || least != nil && bytes.Compare(key, least) < 0 ||
			below != nil && bytes.Compare(key, below) >= 0 {
			return errors.New("its keys are out of order")
		}
		last = key
		if flags == branchPage {
			err = w.tree(child, bucket, key, nextKey(data, i+1, count, below))
		} else {
			err = w.leaf(data, from, bucket, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nextKey returns the key of a branch page's element, which bounds the one before; bound after the last.
func nextKey(data []byte, i, count int, bound []byte) []byte {
	if i >= count {
		return bound
	}
	key, _, _, err := splitElement(data, pageHeader+i*element, branchPage)
	if err != nil {
		return bound // told when its turn comes
	}
	return key
}

// splitElement returns what an element of a page says.
func splitElement(data []byte, from int, flags uint16) (key, value []byte, child uint64, err error) {
	order, e := binary.NativeEndian, data[from:]
	var pos, keySize, valueSize uint64
	if flags == branchPage {
		pos, keySize, child = uint64(order.Uint32(e)), uint64(order.Uint32(e[4:])), order.Uint64(e[8:])
	} else {
		pos, keySize = uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:]))
		valueSize = uint64(order.Uint32(e[12:]))
	}
	if pos < element || pos+keySize+valueSize > uint64(len(e)) {
		return nil, nil, 0, errors.New("an element leads out of it")
	}
	key = e[pos : pos+keySize]
	return key, e[pos+keySize : pos+keySize+valueSize], child, nil
}

// leaf follows a bucket, or hands a value over.
func (w *walk) leaf(data []byte, from int, bucket string, key, value []byte) error {
	order := binary.NativeEndian
	if order.Uint32(data[from:])&bucketFlag == 0 {
		if bucket == "" {
			return errors.New("a value stands where only buckets may")
		}
		return w.row(bucket, string(key), value)
	}
	if bucket != "" {
		return errors.New("a bucket stands within a bucket")
	}
	if len(value) < 16 {
		return errors.New("a bucket has no beginning")
	}
	if root := order.Uint64(value); root != 0 {
		return w.tree(root, string(key), nil, nil)
	}
	inline := value[16:]
	if len(inline) < pageHeader || order.Uint16(inline[8:]) != leafPage {
		return errors.New("a small bucket has no values")
	}
	return w.elements(inline, string(key), nil, nil)
}

// freelist checks that no page is free and in use.
func (w *walk) freelist() error {
	if w.head.freelist == noFreelist {
		return nil
	}
	data, err := w.page(w.head.freelist)
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	if order.Uint16(data[8:]) != freePage {
		return errors.New("the list of free pages is missing")
	}
	ids, count := data[pageHeader:], uint64(order.Uint16(data[10:]))
	if count == manyElement && len(ids) >= 8 {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids))/8 {
		return errors.New("the list of free pages is cut off")
	}
	for i := range count {
		id := order.Uint64(ids[i*8:])
		if id < 2 || id >= w.head.pages || w.used[id] {
			return fmt.Errorf("page %d is both free and in use", id)
		}
		w.used[id] = true
	}
	return nil
}
