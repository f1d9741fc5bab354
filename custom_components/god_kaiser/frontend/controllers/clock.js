/** Spans of time, as people read them. */

/** @param {number} seconds */
export function spelled(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [minutes, rest] = parts.map((part) => String(part).padStart(2, "0"));
  return hours ? `${hours}:${minutes}:${rest}` : `${Number(minutes)}:${rest}`;
}

/**
 * Return what is left of a span by now; one that stands still stays as it was told.
 *
 * @param {number|null} left
 * @param {number} received
 * @param {number} now
 * @param {boolean} isCounting
 */
export function remaining(left, received, now, isCounting) {
  if (left === null) return null;
  return isCounting ? Math.max(0, left - Math.max(0, now - received) / 1000) : left;
}
