import Evidence
import Testing
import VisionTransformer

@testable import Compilation

struct CompileProgramTests {
  @Test func theHashIsThatOfTheStandard() {
    // FIPS 180-4, appendix B and its companion's examples.
    #expect(
      SHA256.hexadecimal(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(SHA256.hexadecimal([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexadecimal([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func aModuleSaysHowManyArgumentsAndPartitionsItHas() throws {
    let step = CompileProgram(try BuildFolder.golden("step.mlir"))
    #expect(step.partitions == 8 && step.argumentCount == 2)
    let none = CompileProgram("module { func.func public @main() -> tensor<f32> { } }")
    #expect(none.partitions == 1 && none.argumentCount == 0)
    let odd = CompileProgram(
      #"module { func.func public @main(%a: tensor<f32> {x = "%b: (\"%c"}, %d: tensor<f32>) { } }"#)
    #expect(odd.argumentCount == 2)
    #expect(CompileProgram("no module").argumentCount == nil)
    #expect(CompileProgram([0x4D, 0x4C, 0xEF, 0x52] + Array("@main(%a".utf8), partitions: 4).argumentCount == nil)
  }

  @Test func theOptionsAreThoseOfJAX() {
    // JAX 0.6.2 for eight partitions, less its debug options and the profile version, which are defaults.
    let expected: [UInt8] =
      [0x1A, 0x56 - 0x04, 0x08] + [UInt8](repeating: 0xFF, count: 9) + [
        0x01, 0x20, 0x01, 0x28, 0x08, 0x30, 0x01, 0x4A, 0x2C,
      ]
      + [0x08, 0x01, 0x10, 0x08] + (0..<8).flatMap { [0x1A, 0x03, 0x0A, 0x01, UInt8($0)] }
      + [0x62, 0x01, 0x00, 0x92, 0x01, 0x01, 0x00, 0xC8, 0x01, 0x1D]
    #expect(CompilerOptions(partitions: 8).serialized(argumentCount: 2).dropFirst(2) == expected.dropFirst(2)[...])
    let tupled = CompilerOptions().serialized(argumentCount: 2001)
    #expect(tupled.starts(with: [0x10, 0x01]))
    #expect(!CompilerOptions().serialized(argumentCount: 2000).starts(with: [0x10, 0x01]))
    let reserved = CompilerOptions(overrides: ["xla_tpu_user_reserved_hbm_bytes": .integer(5)])
      .serialized(argumentCount: 1)
    #expect(reserved.suffix(4) == [0x12, 0x02, 0x18, 0x05])
  }

  @Test func topologiesAreTheSmallestWithEnoughCores() throws {
    #expect(try CompileTopology(device: "tpu-v3", partitions: 8).name == "v3:2x2")
    #expect(try CompileTopology(device: "tpu-v3", partitions: 9).name == "v3:4x4")
    #expect(try CompileTopology(device: "tpu-v5e", partitions: 8).name == "v5e:2x4")
    #expect(try CompileTopology(device: "tpu-v5p", partitions: 8).name == "v5p:2x2x2")
    let unknown = #expect(throws: ConfigurationError.self) { try CompileTopology(device: "cpu", partitions: 1) }
    #expect(unknown?.key == "device" && unknown?.rule.contains("tpu-v3") == true)
    let many = #expect(throws: ConfigurationError.self) { try CompileTopology(device: "tpu-v3", partitions: 4096) }
    #expect(many?.key == "dataParallel")
  }
}
