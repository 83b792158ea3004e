// Colors: sRGB to CIE Lab (D65) and back, and how far two colors are apart. The constants are those of the suite.

const WHITE = [0.95047, 1, 1.08883];
const LINEAR = Float32Array.from({ length: 256 }, (_, k) => {
  const v = k / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

const curve = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
const uncurve = (f) => (f > 0.2068966 ? f ** 3 : (f - 16 / 116) / 7.787);
const encode = (v) => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** RGBA bytes to L, a, b per pixel. */
export function labOf(rgba) {
  const lab = new Float32Array((rgba.length / 4) * 3);
  for (let i = 0, o = 0; i < rgba.length; i += 4, o += 3) {
    const r = LINEAR[rgba[i]], g = LINEAR[rgba[i + 1]], b = LINEAR[rgba[i + 2]];
    const x = curve((0.412453 * r + 0.35758 * g + 0.180423 * b) / WHITE[0]);
    const y = curve(0.212671 * r + 0.71516 * g + 0.072169 * b);
    const z = curve((0.019334 * r + 0.119193 * g + 0.950227 * b) / WHITE[2]);
    lab[o] = 116 * y - 16;
    lab[o + 1] = 500 * (x - y);
    lab[o + 2] = 200 * (y - z);
  }
  return lab;
}

/** One Lab color to sRGB, 0..255, clipped to the gamut. */
export function rgbOf(L, a, b) {
  const fy = (L + 16) / 116;
  const x = uncurve(fy + a / 500) * WHITE[0], y = uncurve(fy), z = uncurve(Math.max(0, fy - b / 200)) * WHITE[2];
  return [
    encode(3.240481 * x - 1.537152 * y - 0.498536 * z),
    encode(-0.969255 * x + 1.87599 * y + 0.041556 * z),
    encode(0.055647 * x - 0.204041 * y + 1.057311 * z),
  ];
}

/** CIE 1976: the distance in Lab. */
export const de76 = (L1, a1, b1, L2, a2, b2) => Math.hypot(L1 - L2, a1 - a2, b1 - b2);

const RAD = Math.PI / 180;
const hue = (b, a) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / RAD + 360) % 360);
const POW7 = 25 ** 7;

/** CIEDE2000; the steps and names are those of Sharma, Wu, Dalal, Color Res. Appl. 30 (2005) 21. */
export function de2000(L1, a1, b1, L2, a2, b2) {
  const c7 = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7;
  const g = 1.5 - 0.5 * Math.sqrt(c7 / (c7 + POW7));
  const C1 = Math.hypot(g * a1, b1), C2 = Math.hypot(g * a2, b2);
  const h1 = hue(b1, g * a1), h2 = hue(b2, g * a2);
  let dh = C1 * C2 === 0 ? 0 : h2 - h1;
  if (dh > 180) dh -= 360; else if (dh < -180) dh += 360;
  const dL = L2 - L1, dC = C2 - C1, dH = 2 * Math.sqrt(C1 * C2) * Math.sin((dh / 2) * RAD);
  const L = (L1 + L2) / 2 - 50, C = (C1 + C2) / 2;
  let h = h1 + h2;
  if (C1 * C2 !== 0) h = Math.abs(h1 - h2) > 180 ? (h < 360 ? h + 360 : h - 360) / 2 : h / 2;
  const T = 1 - 0.17 * Math.cos((h - 30) * RAD) + 0.24 * Math.cos(2 * h * RAD)
    + 0.32 * Math.cos((3 * h + 6) * RAD) - 0.2 * Math.cos((4 * h - 63) * RAD);
  const turn = 60 * Math.exp(-(((h - 275) / 25) ** 2));
  const R = -2 * Math.sqrt(C ** 7 / (C ** 7 + POW7)) * Math.sin(turn * RAD);
  const l = dL / (1 + (0.015 * L * L) / Math.sqrt(20 + L * L)), c = dC / (1 + 0.045 * C), H = dH / (1 + 0.015 * C * T);
  return Math.sqrt(Math.max(0, l * l + c * c + H * H + R * c * H));
}
