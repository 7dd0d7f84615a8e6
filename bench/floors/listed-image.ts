interface ListedImageOptions {
  readonly bucket: string;
  /** The URLs of one image by preset, in JSON, with `{id}` for its id. */
  readonly renditions: string;
}

/** Makes what the service lists of an image, from its row. */
export function createImageOf({ bucket, renditions }: ListedImageOptions) {
  const presets = Object.entries(JSON.parse(renditions) as Record<string, string>);
  return (row: Readonly<Record<string, unknown>>) => ({
    image_id: row['id'],
    user_id: row['user_id'],
    filename: row['filename'],
    content_type: row['content_type'],
    size: row['size_bytes'],
    width: row['width'],
    height: row['height'],
    sha256: row['sha256'],
    status: 'ready',
    tags: JSON.parse(String(row['tags'])),
    description: row['description'],
    metadata: JSON.parse(String(row['metadata'])),
    external_id: row['external_id'],
    facts: row['facts'] === null ? null : factsOf(JSON.parse(String(row['facts']))),
    focal_point: row['focal_point'] === null ? null : JSON.parse(String(row['focal_point'])),
    visibility: row['visibility'] ?? 'private',
    s3_key: row['object_key'],
    s3_url: `s3://${bucket}/${row['object_key']}`,
    created_at: new Date(Number.parseInt(String(row['id']).replace('-', '').slice(0, 12), 16)).toISOString(),
    upload_time: new Date(Number(row['uploaded_at'])).toISOString(),
    updated_at: new Date(Number(row['updated_at'])).toISOString(),
    revision: row['revision'],
    placeholder: row['placeholder'],
    dominant_color: row['dominant_color'],
    renditions: Object.fromEntries(presets.map(([name, url]) => [name, url.replace('{id}', String(row['id']))])),
  });
}

/** The samples say when and with which camera they were taken. */
const factsOf = ({ t, c }: { readonly t?: readonly [string, string | null, string]; readonly c?: string }) => ({
  taken_at: t?.[0] ?? null,
  offset: t?.[1] ?? null,
  camera: c ?? null,
  lens: null,
  exposure: { seconds: null, f_number: null, iso: null, focal_length: null },
  ai_generated: false,
  c2pa: 'absent',
});
