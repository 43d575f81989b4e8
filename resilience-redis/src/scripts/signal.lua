local generation, ends = signal()
return { generation, math.max(ends - now, 0) }
