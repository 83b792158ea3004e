"""Lab and CIEDE2000 in one loop each; evalsuite.color and color_difference have the formulas and their sources."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from evalsuite.color import LAB_KNEE, LAB_SLOPE, RGB_TO_XYZ, WHITE
from evalsuite.color_difference import SINE, SQUARED_ANGLE
from evalsuite.kernels.compiling import compiled, inlined

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Number = np.float32
f = np.float32

XR, XG, XB = (f(value / WHITE[0]) for value in RGB_TO_XYZ[0])
YR, YG, YB = (f(value / WHITE[1]) for value in RGB_TO_XYZ[1])
ZR, ZG, ZB = (f(value / WHITE[2]) for value in RGB_TO_XYZ[2])
KNEE, SLOPE, OFFSET = f(LAB_KNEE), f(LAB_SLOPE), f(16 / 116)
THIRD = f(709921077)
"""The bits of a float32 divided by 3, plus this, are those of its cube root within 4% (Kahan; FreeBSD's cbrtf)."""
_C30, _S30, _C6, _S6, _C63, _S63 = (g(math.radians(t)) for t in (30, 6, 63) for g in (math.cos, math.sin))
T0, T1, T2, T3 = f(1 + 0.20 * _C63), f(0.24), f(-0.40 * _C63), f(-0.80 * _S63)
TX, TXX, TY, TYY = f(-0.17 * _C30 - 0.32 * _C6), f(0.64 * _C6), f(-0.17 * _S30 - 0.32 * _S6), f(-0.64 * _S6)
BLUE_X, BLUE_Y = f(math.cos(math.radians(275))), f(math.sin(math.radians(275)))
A1, A2, A3, A4, A5 = (f(coefficient) for coefficient in SQUARED_ANGLE)
S1, S3, S5, S7 = (f(coefficient) for coefficient in SINE)
BLOCK = 1024
"""Pixels whose linear levels are looked up before the loop that computes, which could not use vectors otherwise."""
SEVENTH, TINY, ZERO, ONE = f(50.0**7), f(1e-30), f(0), f(1)


@compiled
def rgb_to_lab(rgb8: Bytes, levels: Floats, lab: Floats) -> None:
    """Convert an image (3, M) by the table of linear levels (256,); writes lab (3, M)."""
    r, g, b = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    for start in range(0, rgb8.shape[1], BLOCK):
        stop = min(start + BLOCK, rgb8.shape[1])
        _look_up(rgb8[0][start:stop], levels, r)
        _look_up(rgb8[1][start:stop], levels, g)
        _look_up(rgb8[2][start:stop], levels, b)
        _linear_to_lab(r, g, b, lab[0][start:stop], lab[1][start:stop], lab[2][start:stop])


@inlined
def _look_up(channel: Bytes, levels: Floats, linear: Floats) -> None:
    for i in range(channel.size):
        linear[i] = levels[channel[i]]


@inlined
def _linear_to_lab(r: Floats, g: Floats, b: Floats, L: Floats, A: Floats, B: Floats) -> None:
    for i in range(L.size):
        x = _curve(XR * r[i] + XG * g[i] + XB * b[i])
        y = _curve(YR * r[i] + YG * g[i] + YB * b[i])
        z = _curve(ZR * r[i] + ZG * g[i] + ZB * b[i])
        L[i] = f(116) * y - f(16)
        A[i] = f(500) * (x - y)
        B[i] = f(200) * (y - z)


@compiled
def ciede2000(lab1: Floats, lab2: Floats, difference: Floats) -> None:
    """Measure the differences of two images (3, M); writes them (M,)."""
    L1, A1, B1, L2, A2, B2 = lab1[0], lab1[1], lab1[2], lab2[0], lab2[1], lab2[2]
    for i in range(difference.size):
        a1, b1, a2, b2 = A1[i], B1[i], A2[i], B2[i]
        turn = _hue_turn(a1, b1, a2, b2)
        stretch = f(1.5) - f(0.5) * _seventh(np.sqrt(a1 * a1 + b1 * b1) + np.sqrt(a2 * a2 + b2 * b2))
        a1 *= stretch
        a2 *= stretch
        C1, C2 = np.sqrt(a1 * a1 + b1 * b1), np.sqrt(a2 * a2 + b2 * b2)
        ua, ub, wa, wb = a1 * C2, b1 * C2, a2 * C1, b2 * C1
        back_a, back_b = wb - ub, ua - wa
        dH = turn * np.sqrt((back_a * back_a + back_b * back_b) / (C1 * C2 + TINY))
        x, y = ua + wa + turn * back_a, ub + wb + turn * back_b
        scale = ONE / np.sqrt(x * x + y * y + TINY)
        x *= scale
        y *= scale
        C = C1 + C2
        dC = (C2 - C1) / (ONE + f(0.045 / 2) * C)
        dH /= ONE + f(0.015 / 2) * C * _hue_weight(x, y)
        darkness = L1[i] + L2[i] - f(100)
        darkness *= darkness
        dL = (L2[i] - L1[i]) / (ONE + f(0.015 / 2) * darkness / np.sqrt(darkness + f(80)))
        square = dL * dL + dC * dC + dH * dH + _rotation(x, y) * _seventh(C) * dC * dH
        difference[i] = np.sqrt(max(square, ZERO))


@inlined
def _hue_turn(a1: Number, b1: Number, a2: Number, b2: Number) -> Number:
    """The sign of a1 b2 - a2 b1; for opposite hues, where rounding would decide, that of b1, and on the axis of a1."""
    cross, axis = a1 * b2 - a2 * b1, b1 + TINY * a1
    decides = cross if abs(cross) > f(2e-7) * abs(a1 * b2) else axis
    return ONE if decides >= ZERO else -ONE


@inlined
def _seventh(C_sum: Number) -> Number:
    square = C_sum * C_sum
    power = square * square * square * C_sum
    return f(np.sqrt(power / (power + SEVENTH)))


@inlined
def _hue_weight(x: Number, y: Number) -> Number:
    double = x * x - y * y
    return T0 + double * (T1 + T2 * double + T3 * x * y) + x * (TX + TXX * double) + y * (TY + TYY * double)


@inlined
def _rotation(x: Number, y: Number) -> Number:
    far = ONE - BLUE_X * x - BLUE_Y * y
    share = _exponential(far * (A1 + far * (A2 + far * (A3 + far * (A4 + far * A5)))))
    share = ZERO if x >= ZERO and y >= ZERO else share
    square = share * share
    return share * (S1 + square * (S3 + square * (S5 + square * S7)))


@inlined
def _exponential(z: Number) -> Number:
    """exp(z) for z <= 0, within 1e-6: the series at z / 64, squared six times."""
    t = max(z, f(-20)) * f(1 / 64)
    power = ONE + t * (ONE + t * (f(1 / 2) + t * (f(1 / 6) + t * f(1 / 24))))
    power *= power
    power *= power
    power *= power
    power *= power
    power *= power
    return power * power


@inlined
def _curve(t: Number) -> Number:
    u = f(max(t, KNEE))
    root = np.int32(f(f(u).view(np.int32)) * f(1 / 3) + THIRD).view(np.float32)
    cube = root * root * root
    root += root * (u - cube) / (cube + cube + u)
    cube = root * root * root
    root += root * (u - cube) / (cube + cube + u)
    return root if t > KNEE else SLOPE * t + OFFSET
