/** A request that failed, with the service's own code or one of the page's: Offline, UnexpectedAnswer. */
export class ServiceError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {number} [retryAfterS] Seconds to wait, where the service told.
   */
  constructor(code, message, retryAfterS) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}
