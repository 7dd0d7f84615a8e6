import type { Api } from '../http/api.ts';
import type { Image } from '../images/image.ts';

/** A request for one upload: `body` and `headers` as `POST /uploads` takes them. */
export interface GrantRequest {
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** Who grants uploads and decides about them. Errors: `SafelightError`. */
export interface UploadRoute {
  /** Resolves with an answer as `POST /uploads` gives it: the same for each request with the same Idempotency-Key. */
  grant(request: GrantRequest): Promise<unknown>;
  /**
   * Resolves with an answer as `POST /uploads/{id}/parts` gives it: what has arrived, and a URL for each part that the
   * body names. A route without it has no uploads in parts.
   */
  parts?(imageId: string, request: Omit<GrantRequest, 'headers'>): Promise<unknown>;
  /**
   * Resolves with the image once it is decided, or held for a check that takes longer. Errors: `upload-missing` if its
   * bytes never came; `image-not-found`.
   */
  complete(imageId: string, signal: AbortSignal | undefined): Promise<Pick<Image, 'image_id' | 'status' | 'rejection'>>;
}

/** The longest poll that the service offers. */
const POLL_SECONDS = 20;

/** Uploads by the credential of the client. */
export const routeOfCaller = (api: Api): UploadRoute => ({
  grant: (request) => api.json('/uploads', { method: 'POST', ...request }),
  parts: (id, request) => api.json(`/uploads/${id}/parts`, { method: 'POST', ...request }),
  async complete(id, signal) {
    let image = (await api.json(`/images/${id}/complete`, { method: 'POST', signal })) as Image;
    while (image.status === 'pending')
      image = (await api.json(`/images/${id}/metadata`, { query: { wait: POLL_SECONDS }, signal })) as Image;
    return image;
  },
});
