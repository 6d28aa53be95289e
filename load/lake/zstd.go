package lake

import (
	"runtime"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/klauspost/compress/zstd"
)

// pages compresses the pages of every part of the process with one encoder. The codec that comes
// with arrow-go keeps a pool of encoders and resets each after a page, which makes room for a
// stream that is never written: several MiB for an encoder, again after each garbage collection.
// The bytes are the same.
type pages struct {
	stockZstd
	encoder *zstd.Encoder
}

// stockZstd is what arrow-go asks of a codec, here and where it reads.
type stockZstd interface {
	compress.ErrorCodec
	compress.StreamingCodec
}

// codec is that of all parts.
var codec = register(compress.Codecs.Zstd)

func register(c compress.Compression) compress.Compression {
	stock, err := compress.GetCodec(c)
	if err != nil {
		panic(err)
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithZeroFrames(true), zstd.WithAllLitEntropyCompression(true),
		zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(partLevel)), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		panic(err)
	}
	compress.RegisterCodec(c, pages{stock.(stockZstd), encoder})
	return c
}

// EncodeLevel compresses src. The level is that of the parts, whatever is asked for.
func (p pages) EncodeLevel(dst, src []byte, _ int) []byte {
	return p.encoder.EncodeAll(src, dst[:0])
}
