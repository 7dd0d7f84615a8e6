/**
 * `refused-url`: not https, credentials in the URL, or no URL at all. `refused-address`: no address of the host may be
 * dialled. `refused-connection`: nothing listens there. `broken-answer`: the connection ended, or the answer isn't
 * HTTP. `closed`: the client was disposed of. Of downloads alone: `refused-host` (not one of the permitted hosts),
 * `too-many-redirects`, `not-found`, `bad-status` (another one than 200), and `unavailable` (such as 503, for now).
 */
export type OutboundFault =
  | 'refused-url'
  | 'refused-address'
  | 'unresolved-name'
  | 'refused-connection'
  | 'connect'
  | 'tls'
  | 'timeout'
  | 'redirect'
  | 'compressed'
  | 'too-large'
  | 'broken-answer'
  | 'closed'
  | 'refused-host'
  | 'too-many-redirects'
  | 'not-found'
  | 'bad-status'
  | 'unavailable';

/**
 * Why a request has no answer. The message is a sentence for the operator: it names the origin but no path, which may
 * be a secret, and addresses of a private DNS. Admins, who chose the URL, get the fault without the message.
 */
export class OutboundError extends Error {
  readonly fault: OutboundFault;

  constructor(fault: OutboundFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundError';
    this.fault = fault;
  }
}
