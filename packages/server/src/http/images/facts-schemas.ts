import * as z from 'zod';

const positive = () => z.number().positive().nullable();

const members = {
  taken_at: z
    .string()
    .nullable()
    .meta({
      description: "What the picture's clock showed, without a zone, to the millisecond; null: unknown.",
      examples: ['2024-07-14T18:22:31.120'],
    }),
  offset: z
    .string()
    .nullable()
    .meta({ description: "That clock's difference from UTC; null: unknown, which isn't UTC.", examples: ['+02:00'] }),
  camera: z.string().nullable(),
  lens: z.string().nullable(),
  exposure: z.object({
    seconds: positive(),
    f_number: positive(),
    iso: positive(),
    focal_length: positive().meta({ description: 'Millimetres, of the lens itself.' }),
  }),
  ai_generated: z.boolean().meta({ description: 'The picture says that a model made it, or parts of it.' }),
  c2pa: z.enum(['present', 'absent']).meta({ description: "Whether a C2PA manifest is in it. It isn't validated." }),
};

/** In an image's JSON. */
export const facts = z.object(members).nullable().meta({
  description:
    'What the picture says about itself; null: it is neither read nor corrected yet, its bytes are not verified, or the caller sees no metadata.',
});

const text = z.string().nullable();

export const allFacts = z
  .object({
    ...members,
    position: z
      .object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
      .nullable()
      .meta({ description: 'Degrees (WGS 84); null: unknown.' }),
    title: text,
    description: text,
    keywords: z.array(z.string()).readonly(),
    creator: text,
    copyright: text,
    is_read: z.boolean().meta({ description: 'False: the service has not read this picture yet.' }),
  })
  .meta({ id: 'Facts' });

export const EXAMPLE_FACTS = {
  taken_at: '2024-07-14T18:22:31.120',
  offset: '+02:00',
  camera: 'Example One',
  lens: 'Example 24-70mm F4',
  exposure: { seconds: 0.004, f_number: 4, iso: 80, focal_length: 35 },
  ai_generated: false,
  c2pa: 'absent',
} as const;

export const EXAMPLE_ALL_FACTS = {
  ...EXAMPLE_FACTS,
  position: { latitude: 54.9079, longitude: 8.3023 },
  title: 'Sunset',
  description: 'The beach of Westerland, from the promenade',
  keywords: ['sunset', 'beach'],
  creator: 'Ada',
  copyright: '© Ada',
  is_read: true,
};
