/**
 * A map that keeps at most so many entries and forgets those that have not been used for long. What is used stays at least
 * until half as many other entries as fit have been used after it.
 *
 * It keeps two generations: finding an entry of the younger writes nothing at all, which a list in the order of use must
 * do on every look.
 */
export class RecentMap<V extends object | number | string> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();
  private readonly perGeneration: number;
  private readonly generations: 1 | 2;

  /** @param max The most entries, at least 1. */
  constructor(max: number) {
    this.generations = max === 1 ? 1 : 2;
    this.perGeneration = Math.floor(max / this.generations);
  }

  get(key: string): V | undefined {
    return this.young.get(key) ?? this.rejuvenated(key);
  }

  set(key: string, value: V): void {
    this.old.delete(key);
    if (this.young.size >= this.perGeneration && !this.young.has(key)) this.age();
    this.young.set(key, value);
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young = new Map();
    this.old = new Map();
  }

  private rejuvenated(key: string): V | undefined {
    const value = this.old.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  private age(): void {
    this.old = this.generations === 2 ? this.young : new Map();
    this.young = new Map();
  }
}
