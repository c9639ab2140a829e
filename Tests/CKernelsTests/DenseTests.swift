import CKernels
import Testing

/// Libraries of matrix products that are installed on this machine.
let libraries: [String] = ["onednn", "openblas"].filter { sf_products_load($0, nil, 0) == 0 }

struct Dense: CustomTestStringConvertible {
  var m, n, k: Int
  var testDescription: String { "\(m) x \(n), \(k) deep" }
}

let denseSizes = [
  Dense(m: 1, n: 1, k: 1), Dense(m: 2, n: 10, k: 32), Dense(m: 17, n: 100, k: 72), Dense(m: 197, n: 72, k: 100),
  Dense(m: 257, n: 192, k: 33),
  // Weights that are transposed in several blocks, and rows in several tiles.
  Dense(m: 520, n: 1210, k: 9), Dense(m: 1300, n: 10, k: 330),
]

extension Kernels {
  @Suite(.serialized, .enabled(if: !libraries.isEmpty)) struct DenseTests {
    @Test(arguments: libraries, [(false, false), (false, true), (true, false), (true, true)])
    func productsAgreeWithThePlainTripleLoop(_ library: String, _ transposed: (a: Bool, b: Bool)) {
      #expect(sf_products_load(library, nil, 0) == 0)
      #expect(String(cString: sf_products_version()).lowercased().contains(library == "onednn" ? "onednn" : "openblas"))
      let (m, n, k) = (19, 35, 23)
      let (a, b, c) = (Floats.random(m * k, seed: 1), Floats.random(k * n, seed: 2), Floats.random(m * n, seed: 3))
      let product = Reference.product(
        a.doubles, b.doubles, m, n, k, transposeA: transposed.a, transposeB: transposed.b)
      let wanted = zip(product, c.doubles).map { 2 * $0 + 0.5 * $1 }
      sf_sgemm(
        transposed.a, transposed.b, Int64(m), Int64(n), Int64(k), 2, a.start, Int64(transposed.a ? m : k), b.start,
        Int64(transposed.b ? k : n), 0.5, c.start, Int64(n))
      eachWay { if $0.threads == 1 { expectClose(c, wanted, tolerance: 1e-5, "c", $0) } }
    }

    @Test func anUnknownLibraryIsRefusedInWords() {
      var message = [CChar](repeating: 0, count: 100)
      #expect(sf_products_load("mkl", &message, message.count) == -1)
      #expect(String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).contains("mkl"))
    }

    @Test(arguments: denseSizes, [1, 3])
    func linearAddsBiasAndResidualAndActivates(_ size: Dense, _ count: Int) {
      let (m, n, k) = (size.m, size.n, size.k)
      let x = Floats.random(m * k, seed: 1)
      let w = (0..<3).map { Floats.random(k * n, seed: 2 + UInt64($0)) }
      let bias = (0..<3).map { Floats.random(n, seed: 5 + UInt64($0)) }
      let residual = Floats.random(m * n, seed: 9)
      let sums = w.indices.map { i in
        Reference.product(x.doubles, w[i].doubles, m, n, k).enumerated().map {
          $1 + Double(bias[i].start[$0 % n]) + Double(residual.start[$0])
        }
      }
      eachWay { way in
        for inPlace in [false, true] where count == 1 || !inPlace {
          let y = (0..<3).map { _ in inPlace ? residual.copy() : Floats(m * n) }
          let activated = (0..<3).map { _ in Floats(m * n) }
          way.run(
            sf_linear,
            sf_linear_arguments(
              m: Int64(m), n: Int64(n), k: Int64(k), count: Int64(count), x: x.start,
              w: (.init(w[0].start), .init(w[1].start), .init(w[2].start)),
              bias: (.init(bias[0].start), .init(bias[1].start), .init(bias[2].start)),
              residual: inPlace ? y[0].start : residual.start, y: (y[0].start, y[1].start, y[2].start),
              activated: (activated[0].start, activated[1].start, activated[2].start)))
          for i in 0..<count {
            expectClose(y[i], sums[i], tolerance: 1e-5, "y", way)
            expectClose(activated[i], sums[i].map(Reference.gelu), tolerance: 1e-5, "activated", way)
          }
        }
      }
    }

    @Test(arguments: denseSizes)
    func linearWithoutExtrasIsTheProduct(_ size: Dense) {
      let (m, n, k) = (size.m, size.n, size.k)
      let (x, w) = (Floats.random(m * k, seed: 1), Floats.random(k * n, seed: 2))
      let wanted = Reference.product(x.doubles, w.doubles, m, n, k)
      eachWay { way in
        let y = Floats(m * n)
        var arguments = sf_linear_arguments()
        (arguments.m, arguments.n, arguments.k, arguments.count) = (Int64(m), Int64(n), Int64(k), 1)
        (arguments.x, arguments.w.0, arguments.y.0) = (.init(x.start), .init(w.start), y.start)
        way.run(sf_linear, arguments)
        expectClose(y, wanted, tolerance: 1e-5, "y", way)
      }
    }

    @Test(arguments: denseSizes)
    func inputGradientSumsItsProducts(_ size: Dense) {
      let (m, k) = (size.m, size.k)
      let n = [size.n, 5, 40]
      let dy = n.enumerated().map { Floats.random(m * $1, seed: 1 + UInt64($0)) }
      let w = n.enumerated().map { Floats.random(k * $1, seed: 5 + UInt64($0)) }
      let residual = Floats.random(m * k, seed: 9)
      let products = n.indices.map { i in
        Reference.product(dy[i].doubles, w[i].doubles, m, k, n[i], transposeB: true)
      }
      for count in 1...3 {
        let sum = (0..<m * k).map { at in products[..<count].reduce(0) { $0 + $1[at] } }
        let wanted = zip(sum, residual.doubles).map(+)
        eachWay { way in
          let (scratch, stride) = way.scratch(
            sf_input_gradient_scratch(Int64(m), Int64(k), Int64(max(size.n, 40)), Int32(way.threads)))
          let outs = [Floats(m * k), residual.copy(), Floats(m * k)]
          for (out, residual) in zip(outs, [residual, outs[1], nil]) {
            var a = sf_input_gradient_arguments()
            (a.m, a.k, a.count) = (Int64(m), Int64(k), Int64(count))
            a.n = (Int64(n[0]), Int64(n[1]), Int64(n[2]))
            a.dy = (.init(dy[0].start), .init(dy[1].start), .init(dy[2].start))
            a.w = (.init(w[0].start), .init(w[1].start), .init(w[2].start))
            a.residual = residual.map { UnsafePointer($0.start) }
            (a.out, a.scratch, a.scratch_stride) = (out.start, scratch.start, stride)
            way.run(sf_input_gradient, a)
            expectClose(out, residual == nil ? sum : wanted, tolerance: 1e-5, "out", way)
            #expect(scratch.isIntact)
          }
        }
      }
    }

    @Test(arguments: denseSizes.dropFirst())
    func inputGradientGoesOnThroughTheLayerNorm(_ size: Dense) {
      let (m, n, k) = (size.m, size.n, size.k)
      let (dy, w) = (Floats.random(m * n, seed: 1), Floats.random(k * n, seed: 2))
      let (x, scale) = (Floats.random(m * k, seed: 3, offset: 0.5), Floats.random(k, seed: 4, offset: 1))
      let residual = Floats.random(m * k, seed: 5)
      let norm = Reference.layerNorm(x.doubles, scale: scale.doubles, bias: scale.doubles)
      let (mean, reciprocal) = (Floats(norm.mean.map(Float.init)), Floats(norm.reciprocal.map(Float.init)))
      let wanted = Reference.layerNormGradient(
        x.doubles, scale: scale.doubles,
        dy: Reference.product(dy.doubles, w.doubles, m, k, n, transposeB: true))
      eachWay { way in
        let (scratch, stride) = way.scratch(sf_input_gradient_scratch(Int64(m), Int64(k), Int64(n), Int32(way.threads)))
        let (out, dscale, dbias) = (residual.copy(), Floats(k), Floats(k))
        var a = sf_input_gradient_arguments()
        (a.m, a.k, a.count, a.n.0) = (Int64(m), Int64(k), 1, Int64(n))
        (a.dy.0, a.w.0, a.x, a.scale) = (.init(dy.start), .init(w.start), .init(x.start), .init(scale.start))
        (a.mean, a.reciprocal_deviation) = (.init(mean.start), .init(reciprocal.start))
        (a.residual, a.out, a.dscale, a.dbias) = (.init(out.start), out.start, dscale.start, dbias.start)
        (a.scratch, a.scratch_stride) = (scratch.start, stride)
        way.run(sf_input_gradient, a)
        expectClose(out, zip(wanted.dx, residual.doubles).map(+), tolerance: 2e-5, "out", way)
        expectClose(dscale, wanted.dscale, tolerance: 2e-5, "dscale", way)
        expectClose(dbias, wanted.dbias, tolerance: 2e-5, "dbias", way)
        #expect(scratch.isIntact)
      }
    }

    @Test(arguments: denseSizes, [1, 3])
    func weightGradientSumsOverRows(_ size: Dense, _ count: Int) {
      let (m, n, k) = (size.m, size.n, size.k)
      let x = Floats.random(m * k, seed: 1)
      let dy = (0..<3).map { Floats.random(m * n, seed: 2 + UInt64($0)) }
      eachWay { way in
        let (dw, dbias) = ((0..<3).map { _ in Floats(k * n) }, (0..<3).map { _ in Floats(n) })
        way.run(
          sf_weight_gradient,
          sf_weight_gradient_arguments(
            m: Int64(m), k: Int64(k), n: Int64(n), count: Int64(count), x: x.start,
            dy: (.init(dy[0].start), .init(dy[1].start), .init(dy[2].start)),
            dw: (dw[0].start, dw[1].start, dw[2].start), dbias: (dbias[0].start, nil, dbias[2].start)))
        for i in 0..<count {
          expectClose(
            dw[i], Reference.product(x.doubles, dy[i].doubles, k, n, m, transposeA: true), tolerance: 1e-5, "dw", way)
          if i != 1 { expectClose(dbias[i], Reference.columnSums(dy[i].doubles, n), tolerance: 1e-5, "dbias", way) }
        }
      }
    }

    @Test(arguments: denseSizes)
    func mlpIsTwoLinearsWithAnActivationBetween(_ size: Dense) {
      let (m, width, hidden) = (size.m, size.k, size.n)
      let (n, residual) = (Floats.random(m * width, seed: 1), Floats.random(m * width, seed: 2))
      let (wup, bup) = (Floats.random(width * hidden, seed: 3), Floats.random(hidden, seed: 4))
      let (wdown, bdown) = (Floats.random(hidden * width, seed: 5), Floats.random(width, seed: 6))
      let h = Reference.product(n.doubles, wup.doubles, m, hidden, width).enumerated().map {
        $1 + Double(bup.start[$0 % hidden])
      }
      let down = Reference.product(h.map(Reference.gelu), wdown.doubles, m, width, hidden).enumerated().map {
        $1 + Double(bdown.start[$0 % width])
      }
      let sum = zip(down, residual.doubles).map(+)
      eachWay { way in
        let (scratch, stride) = way.scratch(sf_mlp_scratch(Int64(m), Int64(hidden), Int32(way.threads)))
        let (out, onto) = ([Floats(m * width), Floats(m * width), residual.copy()], [nil, residual, nil])
        for (index, y) in out.enumerated() {
          let (kept, residual) = (Floats(m * hidden), index == 2 ? y : onto[index])
          way.run(
            sf_mlp,
            sf_mlp_arguments(
              m: Int64(m), width: Int64(width), hidden: Int64(hidden), n: n.start, wup: wup.start, bup: bup.start,
              h: kept.start, wdown: wdown.start, bdown: bdown.start, residual: residual.map { .init($0.start) },
              y: y.start, scratch: scratch.start, scratch_stride: stride))
          expectClose(kept, h, tolerance: 1e-5, "h", way)
          expectClose(y, index == 0 ? down : sum, tolerance: 1e-5, "y", way)
          #expect(scratch.isIntact)
        }
      }
    }

    @Test(arguments: denseSizes)
    func mlpGradientAgreesWithItsFiveProducts(_ size: Dense) {
      let (m, width, hidden) = (size.m, size.k, size.n)
      let (h, dy) = (Floats.random(m * hidden, seed: 1, scale: 3), Floats.random(m * width, seed: 2))
      let (n, wdown) = (Floats.random(m * width, seed: 3), Floats.random(hidden * width, seed: 4))
      let activated = h.doubles.map(Reference.gelu)
      let upstream = Reference.product(dy.doubles, wdown.doubles, m, hidden, width, transposeB: true)
      let dh = zip(upstream, h.doubles).map { $0 * Reference.geluDerivative($1) }
      let dwdown = Reference.product(activated, dy.doubles, hidden, width, m, transposeA: true)
      let dwup = Reference.product(n.doubles, dh, width, hidden, m, transposeA: true)
      eachWay { way in
        let slabs = [sf_mlp_gradient_slab(Int64(m), Int64(width), Int64(hidden), Int32(way.threads)), 16, 1000]
        for slab in slabs {
          let (scratch, stride) = way.scratch(sf_mlp_gradient_scratch(Int64(m), Int64(width), slab))
          let (out, down, up) = (h.copy(), Floats(hidden * width), Floats(hidden * width))
          let (dbdown, dbup) = (Floats(width), Floats(hidden))
          way.run(
            sf_mlp_gradient,
            sf_mlp_gradient_arguments(
              m: Int64(m), width: Int64(width), hidden: Int64(hidden), h: out.start, dy: dy.start, n: n.start,
              wdown: wdown.start, dwdown: down.start, dbdown: dbdown.start, dwup: up.start, dbup: dbup.start,
              slab: slab, scratch: scratch.start, scratch_stride: stride))
          expectClose(out, dh, tolerance: 1e-5, "dh", way)
          expectClose(down, dwdown, tolerance: 1e-5, "dwdown", way)
          expectClose(up, dwup, tolerance: 1e-5, "dwup", way)
          expectClose(dbdown, Reference.columnSums(dy.doubles, width), tolerance: 1e-5, "dbdown", way)
          expectClose(dbup, Reference.columnSums(dh, hidden), tolerance: 1e-5, "dbup", way)
          #expect(scratch.isIntact)
        }
      }
    }
  }
}
