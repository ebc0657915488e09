<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:eligibility.result:v1" xmlns="urn:renkei:welfare.eligibility_result:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:result">
    <result>
      <task_id><xsl:value-of select="i:task_id"/></task_id>
      <certificate_type><xsl:value-of select="i:certificate_type"/></certificate_type>
      <history_key><xsl:value-of select="i:history_key"/></history_key>
      <status><xsl:value-of select="i:status"/></status>
      <xsl:if test="i:error_code"><error_code><xsl:value-of select="i:error_code"/></error_code></xsl:if>
      <xsl:if test="i:error_message"><error_message><xsl:value-of select="i:error_message"/></error_message></xsl:if>
    </result>
  </xsl:template>
</xsl:stylesheet>
