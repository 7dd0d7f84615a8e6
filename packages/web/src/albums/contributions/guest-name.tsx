/** Whatever guests call themselves stays text, and turns no other text around. */
export const GuestName = ({ name }: { readonly name: string | null | undefined }) =>
  name ? <bdi>{name}</bdi> : 'a guest';
