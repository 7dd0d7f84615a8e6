import type { ReactNode } from 'react';

/** A name and a value in a list of details. */
export const Row = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
