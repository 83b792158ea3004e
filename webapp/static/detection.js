// What answers to a two-alternative task say: fool rates with intervals, and d'.

// Acklam's rational approximation of the normal quantile: off by less than 1.2e-9, relatively.
const A = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const C = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
const value = (terms, x) => terms.reduce((sum, term) => sum * x + term, 0);

/** The standard normal's quantile. */
export function quantile(p) {
  if (p > 0.97575) return -quantile(1 - p);
  if (p >= 0.02425) return (value(A, (p - 0.5) ** 2) * (p - 0.5)) / value(B, (p - 0.5) ** 2);
  const tail = Math.sqrt(-2 * Math.log(p));
  return value(C, tail) / value(D, tail);
}

const density = (z) => Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI);

/** Wilson's 95% interval of a share. */
export function interval(hits, n, z = 1.959964) {
  const share = hits / n, middle = share + z * z / (2 * n), size = 1 + z * z / n;
  const reach = z * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return [Math.max(0, (middle - reach) / size), Math.min(1, (middle + reach) / size)];
}

/** d' of answers { fake, answer }, as studies compute it (log-linear rule), with Gourevitch and Galanter's interval. */
export function sensitivity(answers, z = 1.959964) {
  const [hits, alarms] = ["left", "right"].map((side) => {
    const shown = answers.filter((one) => one.fake === side);
    const share = (shown.filter((one) => one.answer === "left").length + 0.5) / (shown.length + 1);
    const at = quantile(share);
    return { at, variance: (share * (1 - share)) / ((shown.length + 1) * density(at) ** 2) };
  });
  const d = (hits.at - alarms.at) / Math.SQRT2, reach = z * Math.sqrt((hits.variance + alarms.variance) / 2);
  return { d, low: d - reach, high: d + reach };
}
