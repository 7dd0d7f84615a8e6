import type { ReactNode } from 'react';
import style from './doorway.module.css';

/** What is shown before the pictures: the name, and one thing to do. */
export function Doorway({ children }: { readonly children: ReactNode }) {
  return (
    <main className={style['doorway']} tabIndex={-1}>
      <div className={style['content']}>
        <h1>
          <img src="/lamp.svg" alt="" width={28} height={28} />
          Safelight
        </h1>
        {children}
      </div>
    </main>
  );
}
