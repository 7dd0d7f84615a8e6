/** The image of a request; `complete`, links to renders and decisions of moderators need no user. */
const CHANGE = /^\/images\/([^/?]+)(?:\/(?!complete\b|render-url\b|decision\b)[^?]*)?(?:\?|$)/;
const BATCH = /^\/images\/(?:delete|trash|restore)(?:\?|$)/;
const UPLOAD = /^\/(?:uploads|images(?:\/uploads?)?)\/?(?:\?|$)/;
const NOT_AN_ID = ['upload', 'uploads', 'delete', 'trash', 'restore'];

interface Named {
  readonly user_id?: unknown;
  readonly image_ids?: readonly unknown[];
  readonly uploads?: readonly Named[];
}

interface Image {
  readonly image_id: string;
}

interface Made {
  readonly image_id?: string;
  readonly results?: readonly { readonly index: number; readonly grant?: Image; readonly image?: Image }[];
}

/**
 * Remembers whose image each upload made, and names the owner where a case changes an image and is about something
 * else. `newUser` names a user who owns nothing.
 */
export function createOwners(newUser: () => string) {
  const owners = new Map<string, string>();

  return {
    /** The request, which names its user. An image that nobody made is nobody's. */
    naming(path: string, init: RequestInit): RequestInit {
      const headers = new Headers(init.headers);
      if (['GET', 'HEAD'].includes(init.method ?? 'GET') || headers.has('authorization')) return init;
      const body = jsonIn(init);
      const [, id = ''] = CHANGE.exec(path) ?? [];
      const ids = BATCH.test(path) ? (body?.image_ids ?? []) : id === '' || NOT_AN_ID.includes(id) ? [] : [id];
      if (ids.length === 0 || usersIn(path, init).length > 0) return init;
      const known = ids.map((one) => owners.get(String(one).toLowerCase())).find((owner) => owner !== undefined);
      headers.set('x-user-id', known ?? newUser());
      return { ...init, headers };
    },

    /** Learns whose images the request made. */
    async learn(path: string, init: RequestInit, answer: Response): Promise<void> {
      if (init.method !== 'POST' || !answer.ok || !UPLOAD.test(path)) return;
      const [user] = usersIn(path, init);
      const { uploads = [] } = jsonIn(init) ?? {};
      const { image_id, results = [] } = (await answer.clone().json()) as Made;
      if (image_id !== undefined && user !== undefined) owners.set(image_id, user);
      for (const { index, grant, image = grant } of results) {
        const owner = uploads[index]?.user_id ?? user;
        if (image && owner !== undefined) owners.set(image.image_id, String(owner));
      }
    },
  };
}

/** The users that a request names. */
function usersIn(path: string, init: RequestInit): readonly string[] {
  const headers = new Headers(init.headers);
  const inForm = init.body instanceof FormData ? init.body.get('user_id') : null;
  const named = [
    ...['x-user-id', 'user-id'].map((name) => headers.get(name)),
    new URLSearchParams(path.split('?')[1]).get('user_id'),
    inForm,
  ];
  const inBody = jsonIn(init)?.user_id;
  return [
    ...named.flatMap((user) => (typeof user === 'string' ? [user] : [])),
    ...(inBody === undefined ? [] : [String(inBody)]),
  ];
}

function jsonIn({ body }: RequestInit): Named | undefined {
  try {
    return typeof body === 'string' ? (JSON.parse(body) as Named) : undefined;
  } catch {
    return undefined;
  }
}
