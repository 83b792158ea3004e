"""Local moments under SSIM's Gaussian window and the comparison of them, one row of windows at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalsuite.kernels.compiling import compiled, inlined
from evalsuite.structure import C1, C2, CENTER, WINDOW, window

Floats = NDArray[np.float32]
Planes = NDArray[np.uint8] | NDArray[np.float32]
Number = np.float32
f = np.float32

W0, W1, W2, W3, W4, W5 = (f(weight) for weight in window()[: WINDOW // 2 + 1])
ONE, TWO, LUMINANCE, CONTRAST, MIDDLE = f(1), f(2), f(C1), f(C2), f(CENTER)


@compiled
def refer(planes: Planes, center: Number, mean: Floats, variance: Floats) -> None:
    """Compute local means less `center` and variances (P, H - 10, W - 10) of planes (P, H, W)."""
    wide = planes.shape[2]
    down, down_square = np.empty(wide, np.float32), np.empty(wide, np.float32)
    for p in range(mean.shape[0]):
        plane = _less(planes[p], center)
        for row in range(mean.shape[1]):
            _average_down(plane, row, down, down_square)
            _average_across(down, mean[p, row])
            _average_across(down_square, variance[p, row])
            _subtract_square(mean[p, row], variance[p, row])


@compiled
def compare(
    first: Planes, mean: Floats, variance: Floats, second: Planes, center: Number, sums: NDArray[np.float64]
) -> None:
    """Sum SSIM, and its contrast and structure alone, over the windows of each plane; writes sums (P, 2)."""
    wide, inside = second.shape[2], mean.shape[2]
    down, down_square, down_product = np.empty(wide, np.float32), np.empty(wide, np.float32), np.empty(wide, np.float32)
    own, square, product = np.empty(inside, np.float32), np.empty(inside, np.float32), np.empty(inside, np.float32)
    for p in range(mean.shape[0]):
        x, y = _less(first[p], center), _less(second[p], center)
        for row in range(mean.shape[1]):
            _average_down(y, row, down, down_square)
            _average_down_product(x, y, row, down_product)
            _average_across(down, own)
            _average_across(down_square, square)
            _average_across(down_product, product)
            whole, part = _compare_row(mean[p, row], variance[p, row], own, square, product)
            sums[p, 0] += whole
            sums[p, 1] += part


@inlined
def _less(plane: Planes, center: Number) -> Floats:
    """The plane (H, W) less `center`, in float32: near 0 a variance by subtraction keeps its digits."""
    result = np.empty(plane.shape, np.float32)
    for row in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            result[row, j] = f(plane[row, j]) - center
    return result


@inlined
def _average_down(y: Floats, row: int, down: Floats, square: Floats) -> None:
    """Weigh 11 rows of y, and of its squares, column by column."""
    for j in range(down.size):
        y0, y1, y2, y3, y4 = y[row, j], y[row + 1, j], y[row + 2, j], y[row + 3, j], y[row + 4, j]
        y5, y6, y7, y8, y9 = y[row + 5, j], y[row + 6, j], y[row + 7, j], y[row + 8, j], y[row + 9, j]
        y10 = y[row + 10, j]
        down[j] = _weigh(y0, y1, y2, y3, y4, y5, y6, y7, y8, y9, y10)
        square[j] = _weigh(
            y0 * y0, y1 * y1, y2 * y2, y3 * y3, y4 * y4, y5 * y5, y6 * y6, y7 * y7, y8 * y8, y9 * y9, y10 * y10
        )  # fmt: skip


@inlined
def _average_down_product(x: Floats, y: Floats, row: int, down: Floats) -> None:
    """Weigh 11 rows of x times y, column by column."""
    for j in range(down.size):
        down[j] = _weigh(
            x[row, j] * y[row, j], x[row + 1, j] * y[row + 1, j], x[row + 2, j] * y[row + 2, j],
            x[row + 3, j] * y[row + 3, j], x[row + 4, j] * y[row + 4, j], x[row + 5, j] * y[row + 5, j],
            x[row + 6, j] * y[row + 6, j], x[row + 7, j] * y[row + 7, j], x[row + 8, j] * y[row + 8, j],
            x[row + 9, j] * y[row + 9, j], x[row + 10, j] * y[row + 10, j],
        )  # fmt: skip


@inlined
def _average_across(down: Floats, out: Floats) -> None:
    """Weigh 11 neighbors in a row."""
    n = out.size
    a0, a1, a2, a3, a4 = down[:n], down[1 : n + 1], down[2 : n + 2], down[3 : n + 3], down[4 : n + 4]
    a5, a6, a7, a8, a9 = down[5 : n + 5], down[6 : n + 6], down[7 : n + 7], down[8 : n + 8], down[9 : n + 9]
    a10 = down[10 : n + 10]
    for j in range(n):
        out[j] = _weigh(a0[j], a1[j], a2[j], a3[j], a4[j], a5[j], a6[j], a7[j], a8[j], a9[j], a10[j])


@inlined
def _weigh(
    v0: Number, v1: Number, v2: Number, v3: Number, v4: Number, v5: Number,
    v6: Number, v7: Number, v8: Number, v9: Number, v10: Number,
) -> Number:  # fmt: skip
    return W0 * (v0 + v10) + W1 * (v1 + v9) + W2 * (v2 + v8) + W3 * (v3 + v7) + W4 * (v4 + v6) + W5 * v5


@inlined
def _subtract_square(mean: Floats, square: Floats) -> None:
    for j in range(mean.size):
        square[j] -= mean[j] * mean[j]


@compiled
def _compare_row(
    mean: Floats, variance: Floats, own: Floats, square: Floats, product: Floats
) -> tuple[np.float32, np.float32]:
    whole, part = f(0), f(0)
    for j in range(mean.size):
        x, y = mean[j], own[j]
        structure = TWO * (product[j] - x * y) + CONTRAST
        structure /= square[j] - y * y + variance[j] + CONTRAST
        brightness = (x + MIDDLE) * (x + MIDDLE) + (y + MIDDLE) * (y + MIDDLE) + LUMINANCE
        whole += structure * (ONE - (x - y) * (x - y) / brightness)
        part += structure
    return whole, part
