/** Which program this is. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "@/api/client";
import type { About } from "@/api/types";

export const aboutQuery = queryOptions({
  queryKey: ["about"],
  queryFn: () => api.get<About>("/about"),
  staleTime: Infinity,
});
