/** Makers that write their name into the model too, or add the word of their legal form to it. */
const LEGAL_FORM = /\s+(?:corporation|corp\.?|co\.,?\s*ltd\.?|electric co\.,?\s*ltd\.?|imaging corp\.?|company)\s*$/i;

/** Make and model as people say them: `NIKON CORPORATION` and `NIKON Z 6` are `NIKON Z 6`. */
export function cameraName(make: string | null, model: string | null): string | null {
  const maker = make?.replace(LEGAL_FORM, '') || null;
  if (model === null || maker === null) return model ?? maker;
  const isNamed = model.toLowerCase().startsWith(maker.toLowerCase());
  return isNamed ? model : `${maker} ${model}`;
}
