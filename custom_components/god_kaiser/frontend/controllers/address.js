/** What an address of the panel asks for; it may be typed by anybody. */

/**
 * Return what is written at an address, nothing where that is another page or cannot be read.
 *
 * @param {string} path
 * @returns {{hub: string, sequence: string}|null}
 */
export function writtenAt(path) {
  const [, page, way, ...names] = path.split("/");
  if (page !== "sequences" || (way !== "new" && way !== "edit")) return null;
  try {
    const [hub, sequence = ""] = names.map((name) => decodeURIComponent(name));
    return hub ? { hub, sequence } : null;
  } catch {
    return null;
  }
}
