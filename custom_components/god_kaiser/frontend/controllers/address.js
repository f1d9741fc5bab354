/** What an address of the panel asks for; it may be typed by anybody. */

/**
 * Return what is written at an address, nothing where that is another page or cannot be read.
 *
 * @param {string} path
 * @returns {{hub: string, sequence: string}|null}
 */
export function writtenAt(path) {
  const [page, way, hub, sequence = ""] = partsOf(path);
  return page === "sequences" && (way === "new" || way === "edit") && hub ? { hub, sequence } : null;
}

/**
 * Return the run whose events are asked for, nothing where that is another page or no run.
 *
 * @param {string} path
 * @returns {{hub: string, run: string}|null}
 */
export function journalAt(path) {
  const [page, hub, run] = partsOf(path);
  return page === "journal" && hub && run ? { hub, run } : null;
}

/** @param {string} path */
function partsOf(path) {
  try {
    return path.split("/").slice(1).map((name) => decodeURIComponent(name));
  } catch {
    return [];
  }
}
