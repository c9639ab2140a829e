// Functions of each lane, for vectors of type VF with masks of type VI; FUNCTION says what they are called.

INLINE VF FUNCTION(splat)(float x) { return (VF){} + x; }

// Lane by lane, b where either is a NaN. mask is all ones or all zeros.
INLINE VF FUNCTION(choose)(VI mask, VF yes, VF no) { return (VF)((mask & (VI)yes) | (~mask & (VI)no)); }
INLINE VF FUNCTION(larger)(VF a, VF b) { return FUNCTION(choose)(a > b, a, b); }
INLINE VF FUNCTION(smaller)(VF a, VF b) { return FUNCTION(choose)(a < b, a, b); }

// exp(x), relative error below 5e-7 at the far ends and 2e-7 near zero; from -87.3 down it stays at 1.2e-38, from 88.3
// up at 2.2e38. x = n ln 2 + r, and exp(r) is a polynomial: minimax over |r| <= ln 2 / 2 to 3e-9, by Lawson's method.
INLINE VF FUNCTION(exponential)(VF x) {
  const float to_nearest = 12582912.0f;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  // In this order of operands a NaN stays one.
  x = FUNCTION(smaller)(FUNCTION(splat)(88.3f), FUNCTION(larger)(FUNCTION(splat)(-87.3f), x));
  VF shifted = x * 1.44269504f + to_nearest;
  VF n = shifted - to_nearest;
#if WIDTH == 4
  // Without fused multiply-add the product must be exact: a short ln 2, and the rest of it.
  VF r = x - n * 0.693359375f + n * 2.12194440e-4f;
#else
  VF r = x - n * 0.693147181f;
#endif
  VF p = r * 0.0013814540580f + 0.0083687454462f;
  p = p * r + 0.0416683889925f;
  p = p * r + 0.1666652113199f;
  p = p * r + 0.4999999403954f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  return (VF)((VI)p + ((VI)shifted << 23));
}

// 1 / (1 + exp(-x)).
INLINE VF FUNCTION(sigmoid)(VF x) { return 1.0f / (1.0f + FUNCTION(exponential)(-x)); }

// GELU(x) = x sigmoid(2 u) with u = sqrt(2/pi) (x + 0.044715 x^3): the tanh approximation.
// Source: arXiv 1606.08415, section 2.
INLINE VF FUNCTION(gelu_sigmoid)(VF x, VF square) {
  return FUNCTION(sigmoid)(x * (square * 0.0713548162f + 1.59576912f));
}
INLINE VF FUNCTION(gelu)(VF x) { return x * FUNCTION(gelu_sigmoid)(x, x * x); }
// GELU and its derivative s + x s (1 - s) (2 u)'.
INLINE VF FUNCTION(gelu_and_derivative)(VF x, VF *derivative) {
  VF square = x * x;
  VF s = FUNCTION(gelu_sigmoid)(x, square);
  VF y = x * s;
  *derivative = s + (y - y * s) * (square * 0.2140644488f + 1.59576912f);
  return y;
}
