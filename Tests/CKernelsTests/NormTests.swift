import CKernels
import Testing

extension Kernels {
  @Suite(.serialized) struct NormTests {
    static let sizes = [(1, 2), (2, 32), (17, 72), (197, 192), (5, 100), (3, 1000)]

    @Test(arguments: sizes)
    func layerNormAndItsStatistics(_ m: Int, _ n: Int) {
      let x = Floats.random(m * n, seed: 1, offset: 3)
      let (scale, bias) = (Floats.random(n, seed: 2, offset: 1), Floats.random(n, seed: 3))
      let wanted = Reference.layerNorm(x.doubles, scale: scale.doubles, bias: bias.doubles)
      eachWay { way in
        let (y, again, mean, reciprocal) = (Floats(m * n), Floats(m * n), Floats(m), Floats(m))
        var a = sf_layer_norm_arguments(
          m: Int64(m), n: Int64(n), x: x.start, scale: scale.start, bias: bias.start, y: y.start, mean: mean.start,
          reciprocal_deviation: reciprocal.start)
        way.run(sf_layer_norm, a)
        expectClose(y, wanted.y, tolerance: 1e-5, "y", way)
        expectClose(mean, wanted.mean, tolerance: 1e-6, "mean", way)
        expectClose(reciprocal, wanted.reciprocal, tolerance: 1e-5, "reciprocal", way)
        a.y = again.start
        way.run(sf_normalize, a)
        #expect(again.values == y.values, "\(way)")
        (a.y, a.mean, a.reciprocal_deviation) = (again.start, nil, nil)
        way.run(sf_layer_norm, a)
        #expect(again.values == y.values, "\(way)")
      }
    }

    // Not the width of 2, whose gradient is all cancellation.
    @Test(arguments: sizes.dropFirst() + [(1, 8)])
    func layerNormGradientMayWriteOverWhatItReads(_ m: Int, _ n: Int) {
      let (x, scale) = (Floats.random(m * n, seed: 1, offset: 0.5), Floats.random(n, seed: 2, offset: 1))
      let (dy, residual) = (Floats.random(m * n, seed: 3), Floats.random(m * n, seed: 4))
      let norm = Reference.layerNorm(x.doubles, scale: scale.doubles, bias: scale.doubles)
      let (mean, reciprocal) = (Floats(norm.mean.map(Float.init)), Floats(norm.reciprocal.map(Float.init)))
      let wanted = Reference.layerNormGradient(x.doubles, scale: scale.doubles, dy: dy.doubles)
      eachWay { way in
        let (scratch, stride) = way.scratch(sf_layer_norm_gradient_scratch(Int64(n)))
        let (dx, dscale, dbias, onto) = (dy.copy(), Floats(n), Floats(n), residual.copy())
        var a = sf_layer_norm_gradient_arguments(
          m: Int64(m), n: Int64(n), x: x.start, mean: mean.start, reciprocal_deviation: reciprocal.start,
          scale: scale.start, dy: dx.start, residual: nil, dx: dx.start, dscale: dscale.start, dbias: dbias.start,
          scratch: scratch.start, scratch_stride: stride)
        way.run(sf_layer_norm_gradient, a)
        expectClose(dx, wanted.dx, tolerance: 2e-5, "dx", way)
        expectClose(dscale, wanted.dscale, tolerance: 2e-5, "dscale", way)
        expectClose(dbias, wanted.dbias, tolerance: 2e-5, "dbias", way)
        (a.dy, a.residual, a.dx) = (.init(dy.start), .init(onto.start), onto.start)
        way.run(sf_layer_norm_gradient, a)
        expectClose(onto, zip(wanted.dx, residual.doubles).map(+), tolerance: 2e-5, "dx + residual", way)
        #expect(scratch.isIntact)
      }
    }
  }

  @Suite(.serialized) struct AttentionTests {
    static let sizes = [
      Reference.Attention(batch: 1, queries: 1, keys: 1, heads: 1, d: 1),
      Reference.Attention(batch: 2, queries: 1, keys: 197, heads: 2, d: 32),
      Reference.Attention(batch: 1, queries: 17, keys: 17, heads: 3, d: 72),
      Reference.Attention(batch: 1, queries: 197, keys: 197, heads: 1, d: 64),
      Reference.Attention(batch: 2, queries: 41, keys: 50, heads: 1, d: 33),
      Reference.Attention(batch: 1, queries: 257, keys: 257, heads: 1, d: 88),
    ]

    @Test(arguments: sizes)
    func attentionAndItsGradients(_ size: Reference.Attention) {
      let rows = (q: size.batch * size.queries * size.heads * size.d, k: size.batch * size.keys * size.heads * size.d)
      let (q, k) = (Floats.random(rows.q, seed: 1, scale: 3), Floats.random(rows.k, seed: 2, scale: 2))
      let (v, dout) = (Floats.random(rows.k, seed: 3), Floats.random(rows.q, seed: 4))
      let wanted = size(q.doubles, k.doubles, v.doubles)
      let gradient = size.gradient(q.doubles, k.doubles, v.doubles, dout.doubles)
      let (queries, keys, d) = (Int64(size.queries), Int64(size.keys), Int64(size.d))
      eachWay { way in
        let (scratch, stride) = way.scratch(sf_attention_scratch(queries, keys, d))
        let (o, logsumexp) = (Floats(rows.q), Floats(size.batch * size.heads * size.queries))
        way.run(
          sf_attention,
          sf_attention_arguments(
            batch: Int64(size.batch), queries: queries, keys: keys, heads: Int64(size.heads), d: d, q: q.start,
            k: k.start, v: v.start, o: o.start, logsumexp: logsumexp.start, scratch: scratch.start,
            scratch_stride: stride))
        expectClose(o, wanted.o, tolerance: 1e-5, "o", way)
        expectClose(logsumexp, wanted.logsumexp, tolerance: 1e-5, "logsumexp", way)
        #expect(scratch.isIntact)

        let (more, moreStride) = way.scratch(sf_attention_gradient_scratch(queries, keys, d))
        let (dq, dk, dv) = (q.copy(), k.copy(), v.copy())
        way.run(
          sf_attention_gradient,
          sf_attention_gradient_arguments(
            batch: Int64(size.batch), queries: queries, keys: keys, heads: Int64(size.heads), d: d, q: dq.start,
            k: dk.start, v: dv.start, o: o.start, logsumexp: logsumexp.start, dout: dout.start, scratch: more.start,
            scratch_stride: moreStride))
        expectClose(dq, gradient.dq, tolerance: 2e-5, "dq", way)
        expectClose(dk, gradient.dk, tolerance: 2e-5, "dk", way)
        expectClose(dv, gradient.dv, tolerance: 2e-5, "dv", way)
        #expect(more.isIntact)
      }
    }

    @Test func oMayBeWrittenOverQ() {
      let size = Reference.Attention(batch: 1, queries: 50, keys: 30, heads: 2, d: 32)
      let (q, k, v) = (
        Floats.random(50 * 64, seed: 1), Floats.random(30 * 64, seed: 2), Floats.random(30 * 64, seed: 3)
      )
      let wanted = size(q.doubles, k.doubles, v.doubles).o
      eachWay { way in
        let (scratch, stride) = way.scratch(sf_attention_scratch(50, 30, 32))
        let o = q.copy()
        way.run(
          sf_attention,
          sf_attention_arguments(
            batch: 1, queries: 50, keys: 30, heads: 2, d: 32, q: o.start, k: k.start, v: v.start, o: o.start,
            logsumexp: nil, scratch: scratch.start, scratch_stride: stride))
        expectClose(o, wanted, tolerance: 1e-5, "o", way)
      }
    }
  }
}
