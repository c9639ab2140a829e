/// The part of the PJRT C interface that a compile and a run on the host need, declared anew.
///
/// A plugin exports one function, `GetPjrtApi`, which returns a table: its size, its version, and pointers to functions in a fixed
/// order that only ever grows at its end. Each function takes one structure, which begins with its own size, and returns an error
/// or nothing. A plugin accepts structures that are larger than it knows and refuses smaller ones, so that each declaration here
/// ends in room for fields that later versions add; zero means "not given" for all of them.
///
/// Source: openxla/xla, xla/pjrt/c/pjrt_c_api.h (the order of the table and of the fields, to version 0.81).

#ifndef CPJRT_H
#define CPJRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Places of functions in the table.
enum {
  sfj_error_destroy = 0,
  sfj_error_message = 1,
  sfj_error_code = 2,
  sfj_plugin_initialize = 3,
  sfj_plugin_attributes = 4,
  sfj_event_destroy = 5,
  sfj_event_await = 8,
  sfj_client_create = 10,
  sfj_client_destroy = 11,
  sfj_client_platform_name = 12,
  sfj_client_platform_version = 14,
  sfj_client_addressable_devices = 16,
  sfj_client_compile = 20,
  sfj_client_buffer_from_host = 22,
  sfj_device_description_kind = 26,
  sfj_executable_destroy = 40,
  sfj_executable_output_count = 44,
  sfj_executable_cost_analysis = 46,
  sfj_executable_optimized_program = 48,
  sfj_loaded_destroy = 50,
  sfj_loaded_executable = 51,
  sfj_loaded_execute = 55,
  sfj_buffer_destroy = 58,
  sfj_buffer_element_type = 59,
  sfj_buffer_dimensions = 60,
  sfj_buffer_to_host = 70,
  sfj_topology_create = 82,
  sfj_topology_destroy = 83,
  sfj_topology_platform_name = 84,
  sfj_topology_platform_version = 85,
  sfj_topology_devices = 86,
  sfj_compile = 89,
  sfj_executable_memory = 96,
};

/// A plugin's table.
typedef struct sfj_table sfj_table;

/// The table of the plugin at `path`, which stays loaded; NULL if there is none.
///
/// Then `problem` holds the loader's words; `is_library` says whether it is a library at all, which then lacks `GetPjrtApi` or
/// returns nothing.
const sfj_table *sfj_load(const char *path, bool *is_library, char *problem, size_t problem_size);

/// Size of the table in bytes.
size_t sfj_table_size(const sfj_table *table);
/// Version of the interface.
int sfj_major(const sfj_table *table);
int sfj_minor(const sfj_table *table);
/// Whether the table has a function at `place`.
bool sfj_has(const sfj_table *table, int place);

/// An error of the plugin; the receiver destroys it.
typedef void sfj_error;

/// Calls the function at `place`, which the table has.
sfj_error *sfj_call(const sfj_table *table, int place, void *arguments);

/// What every structure begins with: its size, and extensions that are not used here.
#define SFJ_HEAD size_t size; void *extensions
/// Room for the fields of later versions.
#define SFJ_ROOM uint64_t room[16]

typedef struct { SFJ_HEAD; sfj_error *error; SFJ_ROOM; } sfj_error_arguments;
typedef struct { SFJ_HEAD; const sfj_error *error; const char *text; size_t count; SFJ_ROOM; } sfj_error_message_arguments;
typedef struct { SFJ_HEAD; const sfj_error *error; int code; SFJ_ROOM; } sfj_error_code_arguments;

/// Types of named values.
enum { sfj_string = 0, sfj_integer = 1, sfj_integers = 2, sfj_float = 3, sfj_boolean = 4 };

/// A name with a value. Lists of these are arrays, so that there is no room at the end; plugins state their own size.
typedef struct {
  SFJ_HEAD;
  const char *name;
  size_t name_count;
  int type;
  union {
    const char *string;
    int64_t integer;
    const int64_t *integers;
    float number;
    bool boolean;
  };
  size_t count;
} sfj_named_value;

typedef struct { SFJ_HEAD; SFJ_ROOM; } sfj_initialize_arguments;
typedef struct { SFJ_HEAD; const sfj_named_value *values; size_t count; SFJ_ROOM; } sfj_attributes_arguments;

/// One object in: what destroys it, or waits for it.
typedef struct { SFJ_HEAD; void *object; SFJ_ROOM; } sfj_object_arguments;
/// One object in, a text out that lives as long as the object.
typedef struct { SFJ_HEAD; void *object; const char *text; size_t count; SFJ_ROOM; } sfj_text_arguments;
/// One object in, a list of others out that live as long as it does.
typedef struct { SFJ_HEAD; void *object; void *const *list; size_t count; SFJ_ROOM; } sfj_list_arguments;
/// One object in, another out.
typedef struct { SFJ_HEAD; void *object; void *result; SFJ_ROOM; } sfj_result_arguments;

/// A topology by name and options: what a program is compiled for without a device.
typedef struct {
  SFJ_HEAD;
  const char *name;
  size_t name_count;
  const sfj_named_value *options;
  size_t option_count;
  void *topology;
  SFJ_ROOM;
} sfj_topology_arguments;

/// A program. `format` is "mlir" for StableHLO, text or bytecode; what comes back may be "hlo" or "hlo_with_config".
typedef struct {
  SFJ_HEAD;
  char *code;
  size_t code_count;
  const char *format;
  size_t format_count;
  SFJ_ROOM;
} sfj_program;

typedef struct {
  SFJ_HEAD;
  const void *topology;
  const sfj_program *program;
  const char *options;
  size_t option_count;
  void *client;
  void *executable;
  SFJ_ROOM;
} sfj_compile_arguments;

typedef struct { SFJ_HEAD; void *executable; sfj_program *program; SFJ_ROOM; } sfj_optimized_arguments;
typedef struct { SFJ_HEAD; void *executable; size_t count; const sfj_named_value *values; SFJ_ROOM; } sfj_cost_arguments;
typedef struct { SFJ_HEAD; void *executable; size_t count; SFJ_ROOM; } sfj_output_count_arguments;

/// Bytes of one core.
typedef struct {
  SFJ_HEAD;
  void *executable;
  int64_t code, arguments, outputs, aliased, temporaries;
  int64_t host_code, host_arguments, host_outputs, host_aliased, host_temporaries;
  /// Filled by newer plugins only.
  int64_t peak, total;
  SFJ_ROOM;
} sfj_memory_arguments;

typedef struct {
  SFJ_HEAD;
  const sfj_named_value *options;
  size_t option_count;
  void *get_callback, *get_context, *put_callback, *put_context;
  void *client;
  SFJ_ROOM;
} sfj_client_arguments;

typedef struct {
  SFJ_HEAD;
  void *client;
  const sfj_program *program;
  const char *options;
  size_t option_count;
  void *executable;
  SFJ_ROOM;
} sfj_client_compile_arguments;

/// Element types, as far as they are used here.
enum { sfj_pred = 1, sfj_s32 = 4, sfj_s64 = 5, sfj_u32 = 8, sfj_f32 = 11, sfj_bf16 = 13 };

typedef struct {
  SFJ_HEAD;
  void *client;
  const void *data;
  int type;
  const int64_t *dimensions;
  size_t dimension_count;
  const int64_t *strides;
  size_t stride_count;
  /// 0: `data` is read during the call only.
  int semantics;
  void *device, *memory, *layout;
  void *done;
  void *buffer;
  SFJ_ROOM;
} sfj_from_host_arguments;

typedef struct {
  SFJ_HEAD;
  void *buffer, *layout;
  void *data;
  size_t count;
  void *done;
  SFJ_ROOM;
} sfj_to_host_arguments;

typedef struct { SFJ_HEAD; void *buffer; int type; SFJ_ROOM; } sfj_element_type_arguments;
typedef struct { SFJ_HEAD; void *buffer; const int64_t *dimensions; size_t count; SFJ_ROOM; } sfj_dimensions_arguments;

typedef struct {
  SFJ_HEAD;
  void *send, *receive;
  size_t send_count, receive_count;
  int launch;
  const int64_t *undonated;
  size_t undonated_count;
  SFJ_ROOM;
} sfj_execute_options;

typedef struct {
  SFJ_HEAD;
  void *executable;
  sfj_execute_options *options;
  void *const *const *arguments;
  size_t device_count, argument_count;
  void **const *outputs;
  void **done;
  void *device;
  SFJ_ROOM;
} sfj_execute_arguments;

#endif
