/** The API key, for as long as the tab is open: never in the address, in a cookie or on disk. */

const name = 'anyvec-key';
/** Where the browser allows no storage, until the page is left. */
let inMemory = '';

/** @returns {string} '' for none. */
export function storedKey() {
  try {
    return sessionStorage.getItem(name) ?? '';
  } catch {
    return inMemory;
  }
}

/** @param {string} key '' forgets it. */
export function storeKey(key) {
  inMemory = key;
  try {
    if (key === '') sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, key);
  } catch {
    // Kept in memory.
  }
}
