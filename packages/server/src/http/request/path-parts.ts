/** Example answers in openapi.json. A test validates each against its schema. */

export const EXAMPLE_ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

export const EXAMPLE_ALBUM_ID = '01a1f82b-9a10-7c5e-8d21-4b7f0c9e6a33';

export const EXAMPLE_LINK_ID = 'pV4mYk0sQx2fT7hJb9NcRw';

export const EXAMPLE_KEY_ID = '0UiGeyDE8ZsCkq2W';

export const EXAMPLE_WEBHOOK_ID = '01a1f82b-9c35-7f02-a3c4-6f0b8f3f7d52';

/** The parameters of paths, by their names in the route table, as JSON schemas. */
export const PATH_PARTS: { readonly [name: string]: object } = {
  id: { type: 'string', format: 'uuid', examples: [EXAMPLE_ID] },
  album_id: { type: 'string', format: 'uuid', examples: [EXAMPLE_ALBUM_ID] },
  key_id: { type: 'string', examples: [EXAMPLE_KEY_ID] },
  webhook_id: { type: 'string', format: 'uuid', examples: [EXAMPLE_WEBHOOK_ID] },
  preset: { type: 'string', examples: ['thumb'] },
  gate: { type: 'string', examples: ['clamd'] },
  link_id: { type: 'string', examples: [EXAMPLE_LINK_ID] },
};
