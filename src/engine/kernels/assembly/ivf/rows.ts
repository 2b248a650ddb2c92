import { products } from './codes';
import { nibbleSums } from './nibbles';
import { tableSums } from './product';

/** Four sums of c_j q_j, as i32. */
export function rowProducts(a: usize, b: usize, c: usize, d: usize, query: usize, out: usize): void {
  v128.store(out, products(a, b, c, d, query));
}

/** Sixteen sums of rounded table entries, as f32. */
export function rowNibbleSums(rows: usize, out: usize): void {
  nibbleSums(rows, out);
}

/** Four sums of table entries, as f32. */
export function rowTableSums(a: usize, b: usize, c: usize, d: usize, out: usize): void {
  v128.store(out, tableSums(a, b, c, d));
}
