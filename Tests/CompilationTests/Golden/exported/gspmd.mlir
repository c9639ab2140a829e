module @jit__lambda attributes {mhlo.num_partitions = 8 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<256x128xf32> {mhlo.sharding = "{replicated}", tf.aliasing_output = 0 : i32}, %arg1: tensor<64x256xf32> {mhlo.sharding = "{devices=[8,1]<=[8]}"}) -> (tensor<256x128xf32> {jax.result_info = "result", mhlo.sharding = "{replicated}"}) {
    %0 = stablehlo.transpose %arg1, dims = [1, 0] : (tensor<64x256xf32>) -> tensor<256x64xf32>
    %1 = stablehlo.dot_general %arg1, %arg0, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<64x256xf32>, tensor<256x128xf32>) -> tensor<64x128xf32>
    %2 = stablehlo.dot_general %0, %1, contracting_dims = [1] x [0], precision = [DEFAULT, DEFAULT] : (tensor<256x64xf32>, tensor<64x128xf32>) -> tensor<256x128xf32>
    %3 = stablehlo.subtract %arg0, %2 : tensor<256x128xf32>
    return %3 : tensor<256x128xf32>
  }
}
