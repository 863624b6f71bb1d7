package main

import "strings"

// Vocabulary of the names and overviews. What comes first is drawn most often
// (see skewed), as in a real registry: 数据 is in almost every name, 碳汇 in few.
var (
	places = []string{"盐都区", "亭湖区", "大丰区", "盐城市", "东台市", "建湖县", "射阳县", "阜宁县", "滨海县", "响水县"}
	// codes are the places' in GB/T 2260.
	codes = []string{"320903", "320902", "320904", "320900", "320981", "320925", "320924", "320923", "320922", "320921"}

	trades = []struct{ name, industry string }{
		{"电力", "D44"}, {"交通运输", "G54"}, {"企业信用", "L72"}, {"气象观测", "M74"}, {"医疗健康", "Q84"}, {"农业种植", "A01"},
		{"水产养殖", "A04"}, {"风电", "D44"}, {"光伏发电", "D44"}, {"供水", "D46"}, {"燃气", "D45"}, {"物流仓储", "G59"},
		{"港口航运", "G55"}, {"制造业", "C34"}, {"汽车零部件", "C36"}, {"纺织服装", "C17"}, {"商品零售", "F52"}, {"餐饮", "H62"},
		{"文化旅游", "N78"}, {"教育培训", "P83"}, {"养老服务", "Q85"}, {"房产交易", "K70"}, {"金融信贷", "J66"}, {"保险理赔", "J68"},
		{"环境监测", "N77"}, {"海洋滩涂", "N77"}, {"地理测绘", "M74"}, {"社会保障", "S94"}, {"司法公开", "S92"}, {"碳汇", "N77"},
	}
	things = []string{"用量", "运行", "交易", "监测", "库存", "轨迹", "合同", "设备", "负荷", "价格", "客流", "订单", "缴费", "巡检", "产量",
		"能耗", "故障", "排放", "工单", "票据", "评价", "预约", "招标", "质检", "病害", "潮位", "墒情", "风速", "辐照", "诊疗"}
	paces   = []string{"逐日", "月度", "逐小时", "年度", "实时", "季度", "逐周"}
	shapes  = []string{"数据集", "统计数据", "明细表", "分析数据", "汇总表", "指标数据", "时序数据", "台账"}
	origins = []string{"由企业在生产经营中采集", "来自物联网终端自动上报", "由业务系统每日汇总", "经脱敏后整理", "由公共服务平台归集", "由人工巡检录入"}
	uses    = []string{"可用于信贷评估与风险预警", "用于负荷预测和调度优化", "供科研与统计分析使用", "用于供应链协同", "可支撑城市治理与应急", "用于产品质量追溯"}
	firms   = []string{"能源", "科技", "数据", "物流", "农业", "信息", "新材料", "智能装备", "供应链", "环保", "水务", "医药"}
	founds  = []string{"恒", "海", "瑞", "盛", "鹤", "华", "东", "黄海", "新", "安", "中", "金", "宏", "国", "创", "丰", "盐", "鹿"}
	seconds = []string{"达", "源", "通", "泰", "联", "信", "成", "润", "远", "和", "科", "能", "图", "澜", "昇", "汇"}
	legal   = []string{"有限公司", "股份有限公司", "集团有限公司", "技术有限公司"}
)

// draws are numbers that follow from what they are about, so that anything about
// a case or a participant can be told again without having been kept.
type draws uint64

func (d *draws) next() uint64 { // splitmix64
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (d *draws) below(n int) int { return int(d.next() % uint64(n)) }

// unit is in [0, 1).
func (d *draws) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// skewed is below n; the first tenth gets about half of the draws.
func (d *draws) skewed(n int) int {
	u := d.unit()
	return int(u * u * u * float64(n))
}

func pick[T any](d *draws, of []T) T { return of[d.skewed(len(of))] }

// firmName is a participant's name, unlike those of its neighbours.
func firmName(n int) string {
	d := draws(n*7919 + 11)
	return "盐城" + founds[n%len(founds)] + seconds[n/len(founds)%len(seconds)] + pick(&d, seconds) + pick(&d, firms) + pick(&d, legal)
}

// dataName and overview describe a data resource.
func dataName(d *draws, place, trade string) string {
	return strings.Join([]string{pick(d, []string{"2026年", "2025年", "2024年", "2023年"}), place, trade, pick(d, things), pick(d, paces), pick(d, shapes)}, "")
}

func overviewOf(d *draws, place, trade string) string {
	return place + trade + pick(d, things) + "与" + pick(d, things) + "数据，" + pick(d, origins) + "，" + pick(d, paces) + "更新，" + pick(d, uses) + "。"
}
