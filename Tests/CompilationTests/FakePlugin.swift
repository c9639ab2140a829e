import Foundation
import Testing

/// Libraries built for a test: plugins that each misbehave in one way, and files that are not plugins at all.
final class FakePlugin {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "plugin-\(UUID().uuidString)")

  init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// The path of a file in the folder.
  func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

  /// Compiles a library from C source.
  func library(_ source: String, defining definitions: [String] = []) throws -> String {
    let name = path("lib\(UUID().uuidString)")
    try source.write(toFile: name + ".c", atomically: true, encoding: .utf8)
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    compiler.arguments =
      ["cc", "-shared", "-fPIC", "-o", name + ".so", name + ".c"] + definitions.map { "-D" + $0 }
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
    return name + ".so"
  }

  /// A plugin with the behaviour that `definitions` select.
  func plugin(_ definitions: String...) throws -> String { try library(Self.source, defining: definitions) }

  /// A script that replaces the worker.
  func worker(_ body: String) throws -> String {
    let name = path("worker-\(UUID().uuidString)")
    // Written by another process: a worker that this process starts meanwhile could inherit the file open for writing,
    // and a file that is open for writing cannot be executed.
    let writer = Process()
    writer.executableURL = URL(filePath: "/bin/bash")
    writer.arguments = ["-c", "printf '#!/bin/bash\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"", name, body]
    try writer.run()
    writer.waitUntilExit()
    try #require(writer.terminationStatus == 0)
    return name
  }

  private static let source = """
    #include <stdbool.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    #ifndef MINOR
    #define MINOR 69
    #endif
    #ifndef MAJOR
    #define MAJOR 0
    #endif
    #ifndef FUNCTIONS
    #define FUNCTIONS 97
    #endif
    struct error { int code; const char *text; };
    struct table {
      size_t size; void *extensions;
      struct { size_t size; void *extensions; int major, minor; } version;
      void *functions[128];
    };
    static void destroy(void *a) { free(((void **)a)[2]); }
    static void message(uint64_t *a) {
      struct error *e = (struct error *)a[2]; a[3] = (uint64_t)e->text; a[4] = strlen(e->text);
    }
    static void *code(uint64_t *a) { *(int *)&a[3] = ((struct error *)a[2])->code; return 0; }
    static void *fail(int code, const char *text) {
      struct error *e = malloc(sizeof *e); e->code = code; e->text = text; return e;
    }
    static void *nothing(void *a) { return 0; }
    static void *initialize(void *a) {
    #ifdef ABORTS
      abort();
    #endif
      return 0;
    }
    static void *topology(uint64_t *a) { a[6] = 1; return 0; }
    static void *text(uint64_t *a) { a[3] = (uint64_t) "fake"; a[4] = 4; return 0; }
    static void *devices(uint64_t *a) {
      static void *list[8] = {(void *)1, (void *)1, (void *)1, (void *)1, (void *)1, (void *)1, (void *)1, (void *)1};
      a[3] = (uint64_t)list; a[4] = 8; return 0;
    }
    static void *compile(uint64_t *a) {
      const char *program = ((char ***)a)[3][2];
      size_t count = ((size_t **)a)[3][3];
      if (program[count] != 0) return fail(3, "the program does not end in a zero");
    #ifdef PRINTS
      printf("this is no event\\n"); fflush(stdout); fprintf(stderr, "I1125 x.cc:1] what it said last\\n");
    #endif
    #ifdef HANGS
      for (;;) sleep(100);
    #endif
    #ifdef SLEEPS
      usleep(SLEEPS);
    #endif
    #ifdef GROWS
      for (;;) { memset(malloc(16 << 20), 1, 16 << 20); usleep(20000); }
    #endif
    #ifdef EXITS
      exit(7);
    #endif
    #ifdef REFUSES
      return fail(REFUSES, "no, because of that");
    #endif
    #ifdef LOGS
      const char *lines[] = {
        "HloRematerialization() with memory limit of 13.70GiB",
        "Rematerialized 12 instructions in module jit_step; 12 net instructions added",
        "Peak memory usage of module now 13.70GiB (14710000000 bytes), was 15.11GiB (16224238837 bytes)",
        "HLO_PASSES stage duration: 1.2s", "BufferAssignment stats:", "             parameter allocation:   10.00GiB",
        "      preallocated temp allocation:    4.00GiB", "                  total allocation:   14.01GiB"};
      for (int i = 0; i < 8; i++) fprintf(stderr, "I1125 09:43:48.794062    2882 some_file.cc:2849] %s\\n", lines[i]);
      for (;;) sleep(100);
    #endif
      a[7] = 1; return 0;
    }
    static void *memory(int64_t *a) { a[3] = 7; a[4] = 100; a[5] = 60; a[6] = 50; a[7] = 1000; return 0; }
    static void *program(uint64_t *a) {
      uint64_t *p = (uint64_t *)a[3]; p[4] = (uint64_t) "hlo"; p[5] = 3;
      if (p[2]) memcpy((void *)p[2], "no protocol buffer", 18); else p[3] = 18;
      return 0;
    }
    static struct table table;
    struct table *GetPjrtApi(void) {
      table.size = 5 * 8 + FUNCTIONS * 8;
      table.version.size = 24; table.version.major = MAJOR; table.version.minor = MINOR;
      for (int i = 0; i < 128; i++) table.functions[i] = nothing;
      table.functions[0] = destroy; table.functions[1] = message; table.functions[2] = code;
      table.functions[3] = initialize; table.functions[82] = topology; table.functions[84] = text;
      table.functions[85] = text; table.functions[86] = devices; table.functions[26] = text;
      table.functions[89] = compile; table.functions[96] = memory; table.functions[48] = program;
    #ifdef RETURNS_NOTHING
      return 0;
    #endif
      return &table;
    }
    """
}
